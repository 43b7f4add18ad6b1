import { ActionlogError } from '../errors.ts';
import { remedyOf } from './mysql-remedies.ts';
import type { StoreTransaction, TransactionConnection } from './store.ts';

/** A connection of a mysql2 pool of the promise style. */
interface PooledConnection extends TransactionConnection {
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

/** Whether an object is a pool, and not a single connection. */
export function isPool(database: unknown): database is ConnectionPool {
  return typeof (database as Partial<ConnectionPool>).getConnection === 'function';
}

/**
 * Begins a transaction on a connection of the pool.
 *
 * @throws ActionlogError `database-unreachable`
 */
export async function beginMysql(pool: ConnectionPool, name: string): Promise<StoreTransaction> {
  let connection: PooledConnection | undefined;
  try {
    connection = (await pool.getConnection()) as PooledConnection;
    await connection.beginTransaction();
  } catch (cause) {
    connection?.destroy();
    const message = `no transaction could be begun in ${name}; ${remedyOf(cause)}`;
    throw new ActionlogError('database-unreachable', message, { cause });
  }
  return transactionOn(connection);
}

function transactionOn(connection: PooledConnection): StoreTransaction {
  return {
    connection,
    async commit() {
      try {
        await connection.commit();
      } catch (error) {
        connection.destroy(); // whatever state it is in, nobody else may get it
        throw error;
      }
      connection.release();
    },
    async rollback() {
      try {
        await connection.rollback();
        connection.release();
      } catch {
        connection.destroy(); // a dead connection's transaction was rolled back by its server
      }
    },
  };
}
