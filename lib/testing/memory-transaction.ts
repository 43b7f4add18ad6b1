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
}

/**
 * Begins a transaction. What is written in it joins the table at its commit.
 *
 * @param execute runs statements on the test's own tables, BEGIN, COMMIT and ROLLBACK as well
 */
export async function beginMemory(
  table: MemoryTable,
  faults: FaultBoard,
  execute: Execute | undefined,
): Promise<MemoryTransaction> {
  const staged: MemoryRow[] = [];
  await execute?.('BEGIN', []);
  const run = async <T>(sql: string, params: (string | number | null)[] = []): Promise<[T, unknown]> => {
    faults.reachDatabase();
    const own = readMemory(sql, params, [...table.rows, ...staged]);
    if (own) return [own as T, undefined];
    if (!execute) throw new TypeError(noTables(sql));
    const result = await execute(sql, params);
    // mysql2 gives rows and fields; whoever gives the rows alone means the same
    return Array.isArray(result) && Array.isArray(result[0]) ? (result as [T, unknown]) : [result as T, undefined];
  };
  const connection: TransactionConnection = { execute: run, query: run };
  return {
    staged,
    connection,
    async commit() {
      const { commit } = faults.now;
      if (commit === 'refused' || faults.now.database === 'down') await execute?.('ROLLBACK', []);
      faults.reachDatabase();
      if (commit === 'refused') throw refused();
      await execute?.('COMMIT', []);
      table.add(staged.splice(0));
      if (commit === 'unknown') throw lost();
    },
    async rollback() {
      staged.length = 0;
      await Promise.resolve(execute?.('ROLLBACK', [])).catch(() => undefined); // the connection is gone: nothing stands
    },
  };
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
