import { ActionlogError } from '../errors.ts';
import { mostBytes, type RowsForm, type RowValues } from './insert.ts';
import { saysMissingTable } from './missing-table.ts';

/** Runs statements on one connection, inside of a transaction of the caller's or of ours. */
export interface RowsWriter {
  /** Inserts entries by one statement. Resolves with their ids, in order. @throws NoInsertId */
  entries(form: RowsForm, rows: RowValues[]): Promise<string[]>;
  /** Inserts rows whose ids nobody asks for, by one statement. */
  others(form: RowsForm, rows: RowValues[]): Promise<void>;
}

/** Writes in a caller's transaction, which may go on after a failure. */
export interface CallerWriter extends RowsWriter {
  /** Takes rows back that were inserted in this transaction. */
  remove(quoted: string, alogids: readonly string[]): Promise<void>;
}

/** A caller's connection did not give the numbers of new rows. */
export class NoInsertId extends Error {
  /** @param stays whether the rows stay in his transaction, since nobody knows which they are */
  constructor(stays: boolean) {
    super(
      stays
        ? 'the connection that was passed in gave no insertId; what it wrote stays in your transaction, so roll it back; a function is to give { insertId }'
        : 'the connection that was passed in gave no insertId for the UPDATE that tells how far apart the numbers are; nothing is left in your transaction; a function is to give { insertId } there as well',
    );
  }
}

/** An entry's row, with the rows of the side table that belong to it, which its number is put before. */
interface RowWithTrace {
  values: RowValues;
  trace?: RowValues[] | undefined;
}

/** How entries with what belongs to them are inserted. */
export interface Together {
  form: RowsForm;
  /** The side table. */
  traceTable: { name: string; quoted: string };
  trace: RowsForm;
  /** The command that makes the side table where it is missing. */
  migrate: string;
  /** Most bytes of one statement. */
  maxListBytes: number;
}

/** Most rows of one statement: as placeholders they stay below what a statement may have of them. */
const maxRows = 1000;

/**
 * Inserts entries, then what belongs to them, each by one statement where they fit. What it rejects with says nothing of
 * what stands: that is for the transaction around it.
 *
 * @param alogids filled with the entries' ids, in order
 * @throws ActionlogError `table-missing` where there is no side table; {@link NoInsertId}; and what the database said
 */
export async function insertTogether(
  writer: RowsWriter,
  rows: readonly RowWithTrace[],
  { form, trace, traceTable, migrate, maxListBytes }: Together,
  alogids: string[] = [],
): Promise<string[]> {
  const values = rows.map((row) => row.values);
  for (const chunk of chunks(values, maxListBytes)) {
    for (const alogid of await writer.entries(form, chunk)) alogids.push(alogid);
  }
  const sides = rows.flatMap((row, index) => (row.trace ?? []).map((side) => [alogids[index] ?? null, ...side]));
  try {
    for (const chunk of chunks(sides, maxListBytes)) await writer.others(trace, chunk);
  } catch (cause) {
    throw traceFailure(traceTable.name, migrate, cause);
  }
  return alogids;
}

/**
 * {@link insertTogether} in a caller's transaction, which may go on after a failure: then nothing of it is left there, but
 * for what a {@link NoInsertId} says.
 *
 * @param quoted the tables that are written to, the entries' own last
 */
export async function insertOnCallers(
  writer: CallerWriter,
  rows: readonly RowWithTrace[],
  how: Together,
  quoted: readonly string[],
): Promise<string[]> {
  const inserted: string[] = [];
  try {
    return await insertTogether(writer, rows, how, inserted);
  } catch (error) {
    for (const table of inserted.length > 0 ? quoted : []) {
      await writer.remove(table, inserted).catch(() => undefined); // the transaction is over, or there is no such table
    }
    throw error;
  }
}

/** What to tell of a statement on the side table that failed: `table-missing`, or what the database said. */
export function traceFailure(table: string, migrate: string, cause: unknown): unknown {
  if (!saysMissingTable(cause)) return cause;
  const message = `there is no table ${table}, in which changed columns are kept; run: ${migrate}`;
  return new ActionlogError('table-missing', message, { cause, fields: { table } });
}

function* chunks(rows: RowValues[], maxBytes: number): Generator<RowValues[]> {
  let chunk: RowValues[] = [];
  let bytes = 0;
  for (const row of rows) {
    const more = mostBytes(row);
    if (chunk.length === maxRows || (chunk.length > 0 && bytes + more > maxBytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(row);
    bytes += more;
  }
  if (chunk.length > 0) yield chunk;
}
