import { saysRolledBack } from './despite-locks.ts';
import type { InsertForm, RowValues } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import type { HeldConnection, MysqlLink } from './mysql-database.ts';

import { textLiteral } from './mysql-sql.ts';
import { integerLiteral } from './sql.ts';

/**
 * How the ids of a statement's rows become known. `returning`: the statement gives them (MariaDB from 10.5). `increment`:
 * the server gives the first one, and the connection says how far apart they are. `alone`: not for certain, so rows go
 * one at a time.
 */
export type Numbering = 'returning' | 'increment' | 'alone';

/** What an insert of several rows goes by. */
export interface MysqlInsert {
  form: InsertForm;
  numbering: Numbering;
  /** Whether the connections speak utf8mb4, so that ASCII goes as it is. */
  utf8: boolean;
}

/** How often rows are written that a deadlock took back. */
const maxAttempts = 3;

/** Writes rows, all or none. Resolves with their ids, in order. */
export async function insertRows(link: MysqlLink, rows: RowValues[], how: MysqlInsert): Promise<string[]> {
  const [first] = rows;
  if (!first) return [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return rows.length === 1 ? [await insertOne(link, first, how)] : await insertSeveral(link, rows, how);
    } catch (error) {
      // a deadlock's victim is rolled back for certain; on a single connection of the caller's that may have been more
      // than this statement
      const again = link.hold !== undefined && saysRolledBack(error) && attempt < maxAttempts;
      if (!again) throw rows.length === 1 ? error : withoutSql(error);
    }
  }
}

async function insertOne(link: MysqlLink, values: RowValues, { form, utf8 }: MysqlInsert): Promise<string> {
  const { sql, params } = form.one(values, !utf8);
  return idOf(insertedId(await link.execute(sql, params)));
}

async function insertSeveral(link: MysqlLink, rows: RowValues[], how: MysqlInsert): Promise<string[]> {
  const sql = rowsSql(how.form, rows, how.utf8);
  if (how.numbering === 'returning') {
    const given = await link.query(`${sql} RETURNING CAST(alogid AS CHAR) AS alogid`);
    return rows.map((_, index) => idOf(given[index]?.['alogid']));
  }
  if (how.numbering === 'alone' || !link.hold) throw new Error('rows go one at a time here');
  return await link.hold(async (connection) => {
    const before = await incrementOf(connection);
    const first = BigInt(idOf(insertedId(await connection.run(sql))));
    const after = await incrementOf(connection);
    // a cluster that changes its size sets the increment anew at any time
    if (before !== after) throw new Error('the rows stand, but auto_increment_increment changed meanwhile');
    return rows.map((_, index) => BigInt.asUintN(64, first + BigInt(index) * after).toString());
  });
}

async function incrementOf(connection: HeldConnection): Promise<bigint> {
  const [row] = await connection.query('SELECT CAST(@@SESSION.auto_increment_increment AS CHAR) AS step');
  return BigInt(String(row?.['step']));
}

function idOf(id: unknown): string {
  if (typeof id === 'string' && /^[1-9]\d*$/.test(id)) return id;
  throw new Error('the row stands, but the database gave no id');
}

/** The INSERT of several rows, without placeholders. */
export function rowsSql(form: InsertForm, rows: RowValues[], utf8: boolean): string {
  const tuples = rows.map((values) => {
    const literals = values.map((value, index) => {
      if (value === null) return 'NULL';
      return form.isText[index] ? safeText(String(value), utf8) : integerLiteral(String(value));
    });
    return `(${literals.join(',')})`;
  });
  return form.head + tuples.join(',');
}

/** Letters, digits and signs that mean themselves in every character set and SQL mode: no quote, no backslash. */
const plain = /^[ -&(-[\]-~]*$/;

function safeText(text: string, utf8: boolean): string {
  return utf8 && plain.test(text) ? `'${text}'` : textLiteral(text);
}

/** The driver hangs the statement on its error; the rows of others are none of a caller's business. */
function withoutSql(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) Reflect.deleteProperty(error, 'sql');
  return error;
}
