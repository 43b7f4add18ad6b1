import type { SqliteLink, SqliteValue } from './sqlite-database.ts';
import type { StoreTransaction, TransactionConnection } from './store.ts';

/** One turn after the other: SQLite has one writer at a time. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when it is the caller's turn, with what ends it. */
  async next(): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise<void>((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}

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
  const end = async (sql: string) => {
    try {
      await link.end(sql, owner);
    } finally {
      ended();
    }
  };
  return {
    connection: connectionOn(link, owner),
    commit: () => end('COMMIT'),
    rollback: () => end('ROLLBACK').catch(() => undefined), // the link is closed: nothing was committed
  };
}

/** The form of mysql2's results, so that a caller's statements read the same on either database. */
function connectionOn(link: SqliteLink, owner: object): TransactionConnection {
  const run = async <T>(sql: string, params: SqliteValue[] = []): Promise<[T, unknown]> => {
    const result = await link.statement(sql, params, owner);
    return [result as T, undefined];
  };
  return { execute: run, query: run };
}
