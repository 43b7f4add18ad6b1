import { brief, despiteLocks, saysRolledBack } from './despite-locks.ts';
import type { RowsForm, RowValues } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import { type CallerStatements, heldConnection, type MysqlDatabase, type MysqlLink } from './mysql-database.ts';
import { idsFrom, insertOn, type MysqlInsert, rowsSql, withoutSql } from './mysql-insert.ts';
import { integerLiteral } from './sql.ts';
import { type CallerWriter, NoInsertId, type RowsWriter } from './write-together.ts';

/** Writes on a caller's connection, of which nothing is known but that it runs statements and tells the id of a new row. */
export class MysqlCallerWriter implements CallerWriter {
  readonly #statements: CallerStatements;
  /** The log's table, quoted. */
  readonly #quoted: string;

  constructor(statements: CallerStatements, quoted: string) {
    this.#statements = statements;
    this.#quoted = quoted;
  }

  async entries(form: RowsForm, rows: RowValues[]): Promise<string[]> {
    const first = insertedId(await this.#insert(form, rows));
    if (first === undefined) throw new NoInsertId(true);
    if (rows.length === 1) return [first];
    const step = insertedId(await this.#run(this.#stepSql(first)));
    if (step !== undefined) return idsFrom(first, BigInt(step), rows.length);
    throw new NoInsertId(!(await this.#removeFrom(first, rows.length)));
  }

  async others(form: RowsForm, rows: RowValues[]): Promise<void> {
    await this.#insert(form, rows);
  }

  async remove(quoted: string, alogids: readonly string[]): Promise<void> {
    await this.#run(`DELETE FROM ${quoted} WHERE alogid IN (${alogids.map(integerLiteral).join(',')})`);
  }

  /**
   * How far apart the ids of one statement are, told as the id of a new row, since a function of the caller's gives
   * nothing else: it changes nothing.
   */
  #stepSql(first: string): string {
    const step = 'LAST_INSERT_ID(@@SESSION.auto_increment_increment)';
    return `UPDATE ${this.#quoted} SET wssdone = IF(${step} > 0, wssdone, wssdone) WHERE alogid = ${first}`;
  }

  /** Takes the rows of one statement back where only the first id is known: the server itself counts on from it. */
  async #removeFrom(first: string, count: number): Promise<boolean> {
    const from = integerLiteral(first);
    const ids = Array.from({ length: count }, (_, index) => `${from} + ${index} * @@SESSION.auto_increment_increment`);
    try {
      await this.#run(`DELETE FROM ${this.#quoted} WHERE alogid >= ${from} AND alogid IN (${ids.join(',')})`);
      return true;
    } catch {
      return false; // the caller is told that they stay
    }
  }

  /** Several rows go unprepared where that can be: each number of them would else be a statement that is kept prepared. */
  async #insert(form: RowsForm, rows: RowValues[]): Promise<unknown> {
    const { execute, query } = this.#statements;
    if (rows.length > 1 && query) return await query(rowsSql(form, rows, false));
    const { sql, params } = form.statement(rows, true);
    return await execute(sql, params);
  }

  async #run(sql: string): Promise<unknown> {
    const { execute, query } = this.#statements;
    return query ? await query(sql) : await execute(sql, []);
  }
}

/** Writes in a transaction on a connection of the pool's own; once more where a deadlock took it back. */
export async function inOwnTransaction<T>(
  begin: NonNullable<MysqlLink['beginOwn']>,
  how: Omit<MysqlInsert, 'form'>,
  work: (writer: RowsWriter) => Promise<T>,
): Promise<T> {
  return await despiteLocks(brief, async () => {
    const transaction = await begin();
    const connection = heldConnection(transaction.connection as MysqlDatabase);
    const writer: RowsWriter = {
      entries: (form, rows) => insertOn(connection, form, rows, how),
      others: async (form, rows) => {
        await connection.run(rowsSql(form, rows, how.utf8));
      },
    };
    let result: T;
    try {
      result = await work(writer);
    } catch (error) {
      await transaction.rollback();
      throw withoutSql(error);
    }
    try {
      await transaction.commit();
    } catch (cause) {
      // else nobody knows what stands: no refusal, after which it would be written again
      throw saysRolledBack(cause) ? cause : new Error('the commit failed', { cause });
    }
    return result;
  });
}
