import { ActionlogError } from '../errors.ts';
import { placeRecid } from './fit.ts';
import { type FullText, lacksFullText } from './full-text.ts';
import { entryFrom, historySql } from './history.ts';
import { textMatcher } from './history-match.ts';
import { type HistoryFilter, type HistoryQuery, parseHistoryQuery } from './history-query.ts';
import type { HistoryTable } from './history-table.ts';
import { migrateCommand } from './migrate-command.ts';
import { missedSql } from './missed.ts';
import type { Entry, MissedEntry, MissedQuery } from './store.ts';
import { setFrom, setSql, tracedFrom, tracedSql } from './traced.ts';
import { setMatcher } from './traced-match.ts';
import { parseTracedQuery, type TracedChange, type TracedQuery } from './traced-query.ts';
import { Turns } from './turns.ts';

/** What a {@link HistoryReader} reads with. */
export interface HistoryReaderOptions {
  /** The table, once it is open. */
  opened(): Promise<{ reads: HistoryTable; decode?: ((text: string) => string) | undefined }>;
  /** Runs a statement. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** What to tell of a read that failed. */
  unreadable(cause: unknown): ActionlogError;
  /** The full-text index, where there is one. */
  fullText(): Promise<FullText | undefined>;
  /** Told that it is gone. */
  noFullText(): void;
}

/** Most entries that are looked at by one statement, where more are looked at than are asked for. */
const lookedAt = 200;

/** Most statements at a time, so that writes always find connections of the pool. */
const atATime = 3;

/** Answers queries of history, and of what pages have missed, from a table of SQL. */
export class HistoryReader {
  readonly #options: HistoryReaderOptions;
  readonly #turns = new Turns(atATime);

  constructor(options: HistoryReaderOptions) {
    this.#options = options;
  }

  /**
   * Entries that the filter's texts do not hold are read past, so that a page is full unless it is the last. Once the
   * signal is aborted no further statement begins, and its reason is thrown.
   */
  async history(query: HistoryQuery, signal?: AbortSignal): Promise<Entry[]> {
    const filter = parseHistoryQuery(query);
    const { columns } = (await this.#options.opened()).reads.shape;
    const place = filter.recid === undefined ? undefined : placeRecid(filter.recid, columns);
    const holds = textMatcher({ ...filter, recid: place?.recref ?? place?.recid });
    const found: Entry[] = [];
    let { before, limit } = filter;
    for (;;) {
      const entries = await this.#page({ ...filter, before, limit }, signal);
      found.push(...(await this.#thatSet(entries.filter(holds), filter, signal)));
      if (entries.length < limit || found.length >= filter.limit) return found.slice(0, filter.limit);
      before = entries.at(-1)?.alogid;
      limit = Math.max(filter.limit, lookedAt);
    }
  }

  async traced(query: TracedQuery): Promise<TracedChange[]> {
    const filter = parseTracedQuery(query);
    const { reads, decode } = await this.#options.opened();
    const sql = tracedSql(filter, reads);
    if (sql === undefined) return [];
    return (await this.#query(sql, reads)).map((row) => tracedFrom(row, decode));
  }

  async missed(query: MissedQuery): Promise<MissedEntry[]> {
    const { reads, decode } = await this.#options.opened();
    const sql = missedSql(query, reads);
    if (sql === undefined) return [];
    return (await this.#query(sql, reads)).map((row) => entryFrom(row, reads.shape, decode));
  }

  /** Of entries that may have set a column so, those that did. */
  async #thatSet(entries: Entry[], { trace, gsid }: HistoryFilter, signal: AbortSignal | undefined): Promise<Entry[]> {
    let left = entries;
    for (const condition of trace) {
      if (condition.contains === undefined || left.length === 0) continue; // of all else the database decides
      const { reads, decode } = await this.#options.opened();
      const alogids = left.map(({ alogid }) => alogid);
      const rows = await this.#query(setSql(alogids, condition, gsid, reads), reads, signal);
      const matches = setMatcher(condition);
      const found = rows.map((row) => setFrom(row, decode)).filter(({ set }) => matches(set));
      const set = new Set(found.map(({ alogid }) => alogid));
      left = left.filter(({ alogid }) => set.has(alogid));
    }
    return left;
  }

  async #page(
    filter: HistoryFilter,
    signal: AbortSignal | undefined,
    mayUseIndex = filter.words.length > 0,
  ): Promise<Entry[]> {
    const { opened, noFullText } = this.#options;
    const { reads, decode } = await opened();
    const index = mayUseIndex ? await this.#fullText() : undefined;
    const sql = historySql(filter, reads, index);
    if (sql === undefined) return [];
    try {
      return (await this.#query(sql, reads, signal)).map((row) => entryFrom(row, reads.shape, decode));
    } catch (error) {
      if (!index || !lacksFullText((error as Error).cause)) throw error;
      noFullText();
      return await this.#page(filter, signal, false);
    }
  }

  async #fullText(): Promise<FullText | undefined> {
    try {
      return await this.#options.fullText();
    } catch (cause) {
      throw this.#options.unreadable(cause);
    }
  }

  async #query(
    sql: string,
    { trace, shape, tenantColumn }: HistoryTable,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>[]> {
    try {
      return await this.#turns.take(() => this.#options.query(sql), signal);
    } catch (cause) {
      signal?.throwIfAborted();
      const { code, message: said } = (cause ?? {}) as { code?: unknown; message?: unknown };
      const missing = code === 'ER_NO_SUCH_TABLE' || /no such table/.test(String(said));
      if (!missing || !sql.includes(trace.quoted)) throw this.#options.unreadable(cause);
      const message = `there is no table ${trace.name}, in which changed columns are kept; run: ${migrateCommand(shape.table, tenantColumn)}`;
      throw new ActionlogError('table-missing', message, { cause, fields: { table: trace.name } });
    }
  }
}
