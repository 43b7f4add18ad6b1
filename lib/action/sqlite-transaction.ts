import { ActionlogError } from '../errors.ts';
import type { SqliteLink, SqliteValue } from './sqlite-database.ts';
import type { StoreTransaction, TransactionConnection } from './store.ts';
import { TransactionOver } from './transaction-over.ts';
import { Turns } from './turns.ts';
import { Waits } from './waits.ts';

/** Whose transaction it is: SQLite has one writer at a time. */
export class TransactionTurns {
  readonly #turns = new Turns(1);
  readonly #waits = new Waits<() => void>(
    (end) => end(),
    () => new ActionlogError('database-unreachable', neverEnds),
  );

  /**
   * Resolves when it is the caller's turn, with what ends it.
   *
   * @throws ActionlogError `database-unreachable` where the one before does not end
   */
  next(): Promise<() => void> {
    return this.#waits.until(this.#turns.next());
  }
}

const neverEnds =
  'no transaction could be begun: with SQLite they go one after the other, and the one before did not end within 15 s; what is awaited inside of one must come to an end, and must not wait for another one';

/**
 * Begins a transaction on a link.
 *
 * @param ended called once, when it is over
 */
export async function beginSqlite(link: SqliteLink, ended: () => void): Promise<StoreTransaction> {
  const owner = {};
  try {
    // IMMEDIATE: a transaction that reads first and finds another writer when it writes could not go on
    await link.begin(owner);
  } catch (error) {
    ended();
    throw error;
  }
  let over = false;
  const end = async (sql: string) => {
    over = true;
    try {
      await link.end(sql, owner);
    } finally {
      ended();
    }
  };
  return {
    connection: connectionOn(link, owner, () => over),
    commit: () => end('COMMIT'),
    rollback: () => end('ROLLBACK').catch(() => undefined), // the link is closed: nothing was committed
  };
}

/** The form of mysql2's results, so that a caller's statements read the same on either database. */
function connectionOn(link: SqliteLink, owner: object, isOver: () => boolean): TransactionConnection {
  const run = async <T>(sql: string, params: SqliteValue[] = []): Promise<[T, unknown]> => {
    if (isOver()) throw new TransactionOver();
    const result = await link.statement(sql, params, owner);
    return [result as T, undefined];
  };
  return { execute: run, query: run };
}
