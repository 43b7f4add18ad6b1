import { brief, despiteLocks } from './despite-locks.ts';
import type { InsertForm, RowsForm, RowValues } from './insert.ts';
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

/** Writes rows, all or none. Resolves with their ids, in order. */
export async function insertRows(link: MysqlLink, rows: RowValues[], how: MysqlInsert): Promise<string[]> {
  const [first] = rows;
  if (!first) return [];
  // on a single connection of the caller's, more may have been rolled back than this statement
  const patience = link.hold === undefined ? { ...brief, attempts: 1 } : brief;
  try {
    return await despiteLocks(patience, () =>
      rows.length === 1 ? insertOne(link, first, how).then((id) => [id]) : insertSeveral(link, rows, how),
    );
  } catch (error) {
    throw rows.length === 1 ? error : withoutSql(error);
  }
}

async function insertOne(link: MysqlLink, values: RowValues, { form, utf8 }: MysqlInsert): Promise<string> {
  const { sql, params } = form.statement([values], !utf8);
  return idOf(insertedId(await link.execute(sql, params)));
}

async function insertSeveral(link: MysqlLink, rows: RowValues[], how: MysqlInsert): Promise<string[]> {
  if (how.numbering === 'returning') return await insertReturning(link, how.form, rows, how.utf8);
  if (how.numbering === 'alone' || !link.hold) throw new Error('rows go one at a time here');
  return await link.hold((connection) => insertOn(connection, how.form, rows, how));
}

/** Inserts several rows on one connection, by one statement. Resolves with their ids, in order. */
export async function insertOn(
  connection: HeldConnection,
  form: RowsForm,
  rows: RowValues[],
  { numbering, utf8 }: Omit<MysqlInsert, 'form'>,
): Promise<string[]> {
  if (numbering === 'returning') return await insertReturning(connection, form, rows, utf8);
  const before = await incrementOf(connection);
  const first = idOf(insertedId(await connection.run(rowsSql(form, rows, utf8))));
  const after = await incrementOf(connection);
  // a cluster that changes its size sets the increment anew at any time
  if (before !== after) throw new Error('the rows stand, but auto_increment_increment changed meanwhile');
  return idsFrom(first, after, rows.length);
}

async function insertReturning(
  { query }: Pick<HeldConnection, 'query'>,
  form: RowsForm,
  rows: RowValues[],
  utf8: boolean,
): Promise<string[]> {
  const given = await query(`${rowsSql(form, rows, utf8)} RETURNING CAST(alogid AS CHAR) AS alogid`);
  return rows.map((_, index) => idOf(given[index]?.['alogid']));
}

/** The ids of the rows of one statement: the first, and how far apart they are. */
export function idsFrom(first: string, step: bigint, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    BigInt.asUintN(64, BigInt(first) + BigInt(index) * step).toString(),
  );
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
export function rowsSql(form: RowsForm, rows: RowValues[], utf8: boolean): string {
  const { isText } = form;
  let sql = form.head;
  // by hand: the lists between map and join would be a good part of what a row costs here
  for (const [rowIndex, values] of rows.entries()) {
    sql += rowIndex === 0 ? '(' : ',(';
    for (let index = 0; index < values.length; index += 1) {
      if (index > 0) sql += ',';
      sql += literalOf(values[index] ?? null, isText[index] === true, utf8);
    }
    sql += ')';
  }
  return sql;
}

function literalOf(value: RowValues[number], isText: boolean, utf8: boolean): string {
  if (value === null) return 'NULL';
  if (isText) return safeText(String(value), utf8);
  return Number.isFinite(value) ? String(value) : integerLiteral(String(value));
}

/** Letters, digits and signs that mean themselves in every character set and SQL mode: no quote, no backslash. */
const plain = /^[ -&(-[\]-~]*$/;

function safeText(text: string, utf8: boolean): string {
  return utf8 && plain.test(text) ? `'${text}'` : textLiteral(text);
}

/** The driver hangs the statement on its error; the rows of others are none of a caller's business, also as its cause. */
export function withoutSql(error: unknown): unknown {
  const seen = new Set<unknown>();
  for (let at = error; typeof at === 'object' && at !== null && !seen.has(at); at = (at as Error).cause) {
    Reflect.deleteProperty(at, 'sql');
    seen.add(at);
  }
  return error;
}
