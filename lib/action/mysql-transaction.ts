import { ActionlogError } from '../errors.ts';
import { remedyOf } from './mysql-remedies.ts';
import type { StoreTransaction, TransactionConnection } from './store.ts';
import { lend } from './transaction-over.ts';
import { Waits } from './waits.ts';

/** A connection of a mysql2 pool of the promise style. */
export interface PooledConnection extends TransactionConnection {
  beginTransaction(): Promise<unknown>;
  commit(): Promise<unknown>;
  rollback(): Promise<unknown>;
  release(): unknown;
  destroy(): unknown;
}

/** What is needed of a mysql2 pool of the promise style. */
export interface ConnectionPool {
  getConnection(): Promise<unknown>;
}

/** Takes a connection out of a pool; its `release` gives it back. */
export type TakeConnection = () => Promise<PooledConnection>;

/** Whether an object is a pool, and not a single connection. */
export function isPool(database: unknown): database is ConnectionPool {
  return typeof (database as Partial<ConnectionPool>).getConnection === 'function';
}

/** Takes connections out of a pool, for which nobody waits for good. What it rejects with then has the remedy. */
export function takeInTime(pool: ConnectionPool, late: string): TakeConnection {
  const waits = new Waits<PooledConnection>(
    (connection) => connection.release(),
    () => new ActionlogError('database-unreachable', late),
  );
  return async () => await waits.until(pool.getConnection() as Promise<PooledConnection>);
}

/**
 * Begins a transaction on a connection of the pool.
 *
 * @throws ActionlogError `database-unreachable`
 */
export async function beginMysql(take: TakeConnection, name: string): Promise<StoreTransaction> {
  let connection: PooledConnection | undefined;
  try {
    connection = await take();
    await connection.beginTransaction();
  } catch (cause) {
    connection?.destroy();
    if (cause instanceof ActionlogError) throw cause;
    const message = `no transaction could be begun in ${name}; ${remedyOf(cause)}`;
    throw new ActionlogError('database-unreachable', message, { cause });
  }
  return transactionOn(connection);
}

function transactionOn(connection: PooledConnection): StoreTransaction {
  let over = false;
  return {
    connection: lend<TransactionConnection>(connection, () => over),
    async commit() {
      over = true;
      try {
        await connection.commit();
      } catch (error) {
        connection.destroy(); // whatever state it is in, nobody else may get it
        throw error;
      }
      connection.release();
    },
    async rollback() {
      over = true;
      try {
        await connection.rollback();
        connection.release();
      } catch {
        connection.destroy(); // a dead connection's transaction was rolled back by its server
      }
    },
  };
}
