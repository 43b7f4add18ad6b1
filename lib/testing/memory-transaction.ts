import type { StoreTransaction, TransactionConnection } from '../action/store.ts';
import { ActionlogError } from '../errors.ts';
import type { FaultBoard } from './faults.ts';
import { readMemory } from './memory-sql.ts';
import type { MemoryRow, MemoryTable } from './memory-table.ts';

/** Runs the statements of a transaction that are not on the action log's own table. */
export type Execute = (sql: string, params: (string | number | null)[]) => unknown;

/** A transaction in memory. */
export interface MemoryTransaction extends StoreTransaction {
  /** What was written in it, and nobody else sees yet. */
  readonly staged: MemoryRow[];
  /** Whether it is over: nothing is written in it any more. */
  readonly ended: boolean;
}

/** What a transaction works with. */
interface TransactionGround {
  faults: FaultBoard;
  /** Runs statements on the test's own tables, BEGIN, COMMIT and ROLLBACK as well. */
  execute: Execute | undefined;
  /** Told of a rollback that failed. */
  onError(error: unknown): void;
}

/** Begins a transaction. What is written in it joins the table at its commit. */
export async function beginMemory(
  table: MemoryTable,
  { faults, execute, onError }: TransactionGround,
): Promise<MemoryTransaction> {
  const staged: MemoryRow[] = [];
  let ended = false;
  /** Never throws: whoever rolls back has an error to tell already, and nothing stands where the connection is gone. */
  const rollBack = async () => {
    try {
      await execute?.('ROLLBACK', []);
    } catch (error) {
      onError(error);
    }
  };
  await execute?.('BEGIN', []);
  const run = async <T>(sql: string, params: (string | number | null)[] = []): Promise<[T, unknown]> => {
    if (ended) throw new TypeError(`transaction: tx was used after the end of the transaction: ${sql.slice(0, 200)}`);
    faults.reachDatabase();
    const own = readMemory(sql, params, [...table.rows, ...staged]);
    if (own) return [own as T, undefined];
    if (!execute) throw new TypeError(noTables(sql));
    const result = await execute(sql, params);
    return isPair(result) ? (result as [T, unknown]) : [result as T, undefined];
  };
  const connection: TransactionConnection = { execute: run, query: run };
  return {
    staged,
    connection,
    get ended() {
      return ended;
    },
    async commit() {
      ended = true;
      const { commit } = faults.now;
      if (commit === 'refused' || faults.now.database === 'down') await rollBack();
      faults.reachDatabase();
      if (commit === 'refused') throw refused();
      await execute?.('COMMIT', []);
      table.add(staged.splice(0));
      if (commit === 'unknown') throw lost();
    },
    async rollback() {
      ended = true;
      staged.length = 0;
      await rollBack();
    },
  };
}

/**
 * Whether a result is mysql2's pair, `[rows, fields]` or `[header, undefined]`; whoever gives the rows or the header alone
 * means the same.
 */
function isPair(result: unknown): boolean {
  if (!Array.isArray(result) || result.length === 0) return false;
  return Array.isArray(result[0]) || (result.length === 2 && result[1] === undefined);
}

function noTables(sql: string): string {
  return `the action log of this test is in memory and has no tables of yours; give createTestActionlog({ execute }), a function that runs the statement on your test's database or answers in its place: ${sql.slice(0, 200)}`;
}

/** As a database says that it has rolled back. */
function refused(): Error {
  return Object.assign(new Error("the commit was refused: the test has said fail({ commit: 'refused' })"), {
    code: 'ER_LOCK_DEADLOCK',
  });
}

function lost(): ActionlogError {
  const message = "the answer to the commit was lost: the test has said fail({ commit: 'unknown' })";
  return new ActionlogError('database-unreachable', message);
}
