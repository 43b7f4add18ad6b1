import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import type { Entry } from './action/store.ts';
import { parseOptions } from './options.ts';

/** A column of `history(…).csv()`: a field of an entry, or `time`, its `logdate` as 2026-05-03T09:30:00Z. */
export type CsvColumn = keyof Entry | 'time';

/** Options of `history(…).csv()`. */
export interface CsvOptions {
  /** The columns, in this order. Default: alogid, time, userid, logname, logmessage, rectype, recid, rawobj, correlation. */
  columns?: readonly CsvColumn[] | undefined;
  /** Whether the first line has the columns' names. Default true. */
  header?: boolean | undefined;
  /**
   * Whether what a spreadsheet would take for a formula gets an apostrophe before it: `=`, `+`, `-` and `@` at the beginning
   * of a value or behind `;`, `,`, `|`, a tab or a line end inside it, in their full-width forms too, and a tab or line end at
   * its beginning. Default true; false for programs, which want values as they are.
   */
  guardFormulas?: boolean | undefined;
  /** Whether the file begins with a byte order mark, by which Excel knows UTF-8. Default false. */
  bom?: boolean | undefined;
}

const entryFields = [
  ...(['alogid', 'gsid', 'userid', 'logname', 'logmessage', 'rawobj', 'logdate', 'sid', 'rectype', 'recid'] as const),
  ...(['extra', 'ctxid', 'wssdone', 'bulldozed', 'correlation'] as const),
] satisfies (keyof Entry)[];
const schema = z.strictObject({
  columns: z
    .array(z.enum(['time', ...entryFields] satisfies CsvColumn[]))
    .min(1)
    .default(() => [
      ...(['alogid', 'time', 'userid', 'logname', 'logmessage', 'rectype', 'recid', 'rawobj', 'correlation'] as const),
    ]),
  header: z.boolean().default(true),
  guardFormulas: z.boolean().default(true),
  bom: z.boolean().default(false),
});

/** Reads pages until the signal is aborted. */
type Pages = (signal: AbortSignal) => AsyncIterable<Entry[]>;

/**
 * Entries as CSV (RFC 4180, in UTF-8), a piece for each page; the first one begins with the header.
 *
 * @throws TypeError where an option is wrong
 */
export function csvStream(pages: Pages, options: CsvOptions = {}): Readable {
  const { columns, header, guardFormulas, bom } = parseOptions(schema, options, 'history.csv');
  // by itself it quotes for the record's own line end alone, and readers take each of the two for one
  const lines = (rows: (readonly (string | number | null)[])[]) =>
    stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
  return streamed(async function* (signal) {
    let begin = `${bom ? '\ufeff' : ''}${header ? lines([columns]) : ''}`;
    for await (const entries of pages(signal)) {
      yield begin + lines(entries.map((entry) => columns.map((column) => cell(entry, column, guardFormulas))));
      begin = '';
    }
    if (begin !== '') yield begin;
  });
}

function cell(entry: Entry, column: CsvColumn, guard: boolean): string | number | null {
  const value = column === 'time' ? isoTime(entry.logdate) : entry[column];
  return guard && typeof value === 'string' ? guarded(value) : value;
}

/** With an apostrophe before what a spreadsheet would run: also behind separators, which some of them split a text at. */
function guarded(text: string): string {
  const inside = text.replaceAll(/([;,\t\r\n|][ "']*)(?=[=+\-@＝＋－＠])/g, "$1'");
  return /^[=+\-@＝＋－＠\t\r\n]/.test(text) ? `'${inside}` : inside;
}

function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace('.000Z', 'Z');
}

/** Entries as JSON lines: each an entry as `history()` gives it, in a line of its own. */
export function jsonLinesStream(pages: Pages): Readable {
  return streamed(async function* (signal) {
    for await (const entries of pages(signal)) yield entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  });
}

/** Asks for the next piece once there is room for it; a stream that is destroyed asks for no more, nor waits for the last. */
function streamed(pieces: (signal: AbortSignal) => AsyncIterable<string>): Readable {
  const ended = new AbortController();
  const stream = Readable.from(pieces(ended.signal), { objectMode: false });
  const destroy = stream._destroy;
  // a generator is told of the end only once its piece is there, which a search may take long to find
  stream._destroy = (error, done) => {
    ended.abort();
    destroy.call(stream, error, done);
  };
  return stream;
}
