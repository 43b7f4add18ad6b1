import type { RowsForm, RowValues } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import { integerLiteral } from './sql.ts';
import { type CallerWriter, NoInsertId } from './write-together.ts';

/** Runs one statement on the caller's connection, and gives what the driver told of it. */
export type SqliteExecute = (sql: string, params: RowValues) => Promise<unknown>;

/** Writes on a caller's connection. */
export class SqliteCallerWriter implements CallerWriter {
  readonly #execute: SqliteExecute;

  constructor(execute: SqliteExecute) {
    this.#execute = execute;
  }

  async entries(form: RowsForm, rows: RowValues[]): Promise<string[]> {
    const last = insertedId(await this.#insert(form, rows));
    if (last === undefined) throw new NoInsertId(true);
    // there is one writer at a time, so that the rows of a statement follow each other
    return rows.map((_, index) => String(BigInt(last) - BigInt(rows.length - 1 - index)));
  }

  async others(form: RowsForm, rows: RowValues[]): Promise<void> {
    await this.#insert(form, rows);
  }

  async remove(quoted: string, alogids: readonly string[]): Promise<void> {
    await this.#execute(`DELETE FROM ${quoted} WHERE alogid IN (${alogids.map(integerLiteral).join(',')})`, []);
  }

  async #insert(form: RowsForm, rows: RowValues[]): Promise<unknown> {
    const { sql, params } = form.statement(rows, false);
    return await this.#execute(sql, params);
  }
}
