import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import createKnex from 'knex';
import { CompiledQuery, Kysely, MysqlDialect } from 'kysely';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool } from 'mysql2/promise';
import type { LogactionOptions } from '../../lib/index.ts';

type Connection = NonNullable<LogactionOptions['connection']>;

/** A database library with transactions of its own; what it does here stands in `docs/transactions.md` as well. */
export interface Library {
  /**
   * Inserts product 7 in a transaction, does the work inside of it, and commits; rolls back where the work throws.
   * Resolves once it is committed.
   */
  save<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  end(): Promise<unknown>;
}

const insertProduct = 'INSERT INTO products VALUES (7, 12)';

/** The libraries, each on a pool of its own. */
export const libraries: Record<string, (url: string) => Library> = {
  mysql2(url) {
    const pool = createPool(url);
    return {
      async save(work) {
        const connection = await pool.getConnection();
        try {
          await connection.beginTransaction();
          await connection.query(insertProduct);
          const done = await work(connection);
          await connection.commit();
          return done;
        } catch (error) {
          await connection.rollback();
          throw error;
        } finally {
          connection.release();
        }
      },
      end: () => pool.end(),
    };
  },
  Kysely(url) {
    const kysely = new Kysely<object>({ dialect: new MysqlDialect({ pool: createCallbackPool(url) }) });
    return {
      save: (work) =>
        kysely.transaction().execute(async (trx) => {
          await trx.executeQuery(CompiledQuery.raw(insertProduct));
          return await work(async (text, params) => {
            const { insertId } = await trx.executeQuery(CompiledQuery.raw(text, params));
            return { insertId: insertId ?? 0 };
          });
        }),
      end: () => kysely.destroy(),
    };
  },
  Knex(url) {
    const knex = createKnex({ client: 'mysql2', connection: url });
    return {
      save: (work) =>
        knex.transaction(async (trx) => {
          await trx.raw(insertProduct);
          return await work(async (text, params) => {
            const [{ insertId }] = await trx.raw(text, params);
            return { insertId };
          });
        }),
      end: () => knex.destroy(),
    };
  },
  Drizzle(url) {
    const pool = createPool(url);
    const db = drizzle(pool);
    return {
      save: (work) =>
        db.transaction(async (tx) => {
          await tx.execute(insertProduct);
          return await work(async (text, params) => {
            const [first = '', ...rest] = text.split('?');
            const query = sql.raw(first);
            rest.forEach((part, index) => {
              query.append(sql`${sql.param(params[index])}`).append(sql.raw(part));
            });
            const [{ insertId }] = await tx.execute(query);
            return { insertId };
          });
        }),
      end: () => pool.end(),
    };
  },
  'Drizzle on a connection of the caller’s'(url) {
    const pool = createPool(url);
    return {
      async save(work) {
        const connection = await pool.getConnection();
        try {
          return await drizzle(connection).transaction(async (tx) => {
            await tx.execute(insertProduct);
            return await work(connection);
          });
        } finally {
          connection.release();
        }
      },
      end: () => pool.end(),
    };
  },
};
