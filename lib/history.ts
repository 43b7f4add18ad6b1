import type { Readable } from 'node:stream';
import { type HistoryQuery, parseHistoryQuery } from './action/history-query.ts';
import type { Entry } from './action/store.ts';
import { type CsvOptions, csvStream, jsonLinesStream } from './history-export.ts';

/**
 * Entries that a query asks for, newest first: awaited it is one page, iterated with `for await` it is all of them, page
 * by page. Nothing is read before it is asked for.
 */
export interface History extends Promise<Entry[]>, AsyncIterable<Entry> {
  /**
   * All of them as CSV, streamed: as fast as they are taken, one page in memory. The stream fails where a page cannot be
   * read; destroyed, it reads no more.
   *
   * @throws TypeError where the query or an option is wrong
   */
  csv(options?: CsvOptions): Readable;
  /**
   * All of them as JSON lines, streamed in the same way: an entry in each line.
   *
   * @throws TypeError where the query is wrong
   */
  jsonLines(): Readable;
}

/** Reads one page; once the signal is aborted, it fails instead of reading on. */
type ReadPage = (query: HistoryQuery, signal?: AbortSignal) => Promise<Entry[]>;

/** Entries of a page where all are read and the query names no limit. */
const pageSize = 200;

/** What `history()` gives. A wrong query is told to whoever awaits, iterates or exports. */
export class HistoryPages implements History {
  readonly [Symbol.toStringTag] = 'History';
  readonly #query: HistoryQuery;
  readonly #read: ReadPage;
  readonly #signal: AbortSignal | undefined;
  #first: Promise<Entry[]> | undefined;

  constructor(query: HistoryQuery, read: ReadPage, signal?: AbortSignal) {
    this.#query = typeof query === 'object' && query !== null ? { ...query } : query;
    this.#read = read;
    this.#signal = signal;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaited, it is a page
  async then<A = Entry[], B = never>(
    found?: ((page: Entry[]) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#first ??= this.#page(this.#query, this.#signal);
    return await this.#first.then(found, failed);
  }

  async catch<B = never>(failed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Entry[] | B> {
    return await this.then(undefined, failed);
  }

  async finally(done?: (() => void) | null): Promise<Entry[]> {
    return await this.then().finally(done);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Entry, void, undefined> {
    for await (const entries of this.#pages()) yield* entries;
  }

  csv(options?: CsvOptions): Readable {
    parseHistoryQuery(this.#query);
    return csvStream((signal) => this.#pages(signal), options);
  }

  jsonLines(): Readable {
    parseHistoryQuery(this.#query);
    return jsonLinesStream((signal) => this.#pages(signal));
  }

  async #page(query: HistoryQuery, signal: AbortSignal | undefined): Promise<Entry[]> {
    parseHistoryQuery(query);
    return await this.#read(query, signal);
  }

  async *#pages(stopped?: AbortSignal): AsyncGenerator<Entry[], void, undefined> {
    parseHistoryQuery(this.#query);
    const given = [this.#signal, stopped].filter((signal) => signal !== undefined);
    const signal = given.length > 1 ? AbortSignal.any(given) : given[0];
    const { limit = pageSize } = this.#query;
    let { before } = this.#query;
    for (;;) {
      const entries = await this.#page({ ...this.#query, limit, before }, signal);
      if (entries.length > 0) yield entries;
      if (entries.length < limit) return;
      before = entries.at(-1)?.alogid;
    }
  }
}
