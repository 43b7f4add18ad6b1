import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchivedLine, ArchiveFolder } from './archive.ts';
import { type PruneScope, type PruneSource, traceKey, type WholeRow } from './prune-source.ts';
import type { PruneTurn } from './prune-turn.ts';

/** How far a run has come. */
export interface PruneProgress {
  /** Entries that were to go when the run began. */
  total: number;
  deleted: number;
  archived: number;
  /** The archive that was completed last. */
  file?: string | undefined;
}

/** What a {@link Pruner} works with. */
export interface PrunerOptions {
  source: PruneSource;
  scope: PruneScope;
  turn: PruneTurn;
  batch: number;
  /** Most entries of one archive. */
  archiveRows: number;
  archive: ArchiveFolder | undefined;
  stopped(): boolean;
  onProgress(progress: PruneProgress): void;
}

/** Most entries read as a whole by one statement: each may have tens of thousands of bytes. */
const readSize = 500;
/** What is set in an entry after it was written, so that an archived one may differ in it. */
const settable: ReadonlySet<string> = new Set(['wssdone', 'announcedat', traceKey]);

class Stopped extends Error {}

/** One run over a table: archives, then deletes exactly what it has archived. */
export class Pruner {
  readonly #options: PrunerOptions;
  readonly #progress: PruneProgress = { total: 0, deleted: 0, archived: 0 };
  readonly files: string[] = [];

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  get progress(): Readonly<PruneProgress> {
    return this.#progress;
  }

  /** Resolves with whether it came to its end, and was not stopped. */
  async run(): Promise<boolean> {
    const { source, scope, archive, archiveRows } = this.#options;
    try {
      if (archive) await this.#finish(archive);
      const { rows, last } = await source.count(scope);
      this.#progress.total = rows + this.#progress.deleted;
      this.#tell();
      for await (const alogids of this.#due(last, archive ? archiveRows : readSize)) {
        await this.#remove(archive ? await this.#archived(archive, alogids) : alogids);
      }
      return true;
    } catch (error) {
      if (error instanceof Stopped) return false;
      throw error;
    }
  }

  /** What is archived and still stands, since the run was killed that archived it, is deleted without being archived again. */
  async #finish(archive: ArchiveFolder): Promise<void> {
    const { source } = this.#options;
    const files = await archive.begin();
    for (let from = 0; from < files.length; from += readSize) {
      const some = files.slice(from, from + readSize);
      // the last entry of an archive goes last
      const standing = new Set((await source.rows(some.map(({ last }) => last))).map(({ alogid }) => alogid));
      for (const file of some.filter(({ last }) => standing.has(last))) {
        for await (const lines of archive.read(file, readSize)) {
          await this.#remove(await this.#unchanged(lines));
        }
      }
    }
  }

  /** Those that stand as they were archived: a table that was made anew gives the same numbers to other entries. */
  async #unchanged(lines: readonly ArchivedLine[]): Promise<string[]> {
    const rows = await this.#options.source.rows(lines.map(({ alogid }) => alogid));
    const archived = new Map(lines.map(({ alogid, row }) => [alogid, row]));
    return rows.filter(({ alogid, row }) => same(archived.get(alogid), row)).map(({ alogid }) => alogid);
  }

  /** The entries that are to go, in order. */
  async *#due(last: string, size: number): AsyncGenerator<string[]> {
    const { source, scope, turn } = this.#options;
    let waiting: string[] = [];
    let after: string | undefined = '0';
    while (after !== undefined) {
      this.#heed();
      await turn.keep();
      const { due, end } = await source.look(after, last, scope);
      waiting = waiting.concat(due);
      after = end;
      while (waiting.length >= size) yield waiting.splice(0, size);
    }
    if (waiting.length > 0) yield waiting;
  }

  async #archived(archive: ArchiveFolder, alogids: readonly string[]): Promise<string[]> {
    const written = await archive.write([alogids[0] ?? '', alogids.at(-1) ?? ''], this.#lines(alogids));
    if (!written) return []; // somebody else has deleted them
    this.files.push(written.path);
    this.#progress.archived += written.alogids.length;
    this.#progress.file = written.path;
    this.#tell();
    return written.alogids;
  }

  async *#lines(alogids: readonly string[]): AsyncGenerator<ArchivedLine[]> {
    const { source, turn } = this.#options;
    for (let from = 0; from < alogids.length; from += readSize) {
      this.#heed();
      await turn.keep();
      yield await source.rows(alogids.slice(from, from + readSize));
    }
  }

  /** In the order of the numbers, so that while anything of an archive stands, its last entry does. */
  async #remove(alogids: readonly string[]): Promise<void> {
    const { source, turn, batch } = this.#options;
    for (let from = 0; from < alogids.length; from += batch) {
      this.#heed();
      await turn.keep();
      const some = alogids.slice(from, from + batch);
      const begun = performance.now();
      await source.remove(some);
      this.#progress.deleted += some.length;
      this.#tell();
      await sleep(performance.now() - begun); // half of the time is everybody else's
    }
  }

  #heed(): void {
    if (this.#options.stopped()) throw new Stopped();
  }

  #tell(): void {
    this.#options.onProgress({ ...this.#progress });
  }
}

function same(archived: WholeRow | undefined, row: WholeRow): boolean {
  return Object.entries(archived ?? {}).every(
    ([name, cell]) => settable.has(name) || JSON.stringify(cell) === JSON.stringify(row[name]),
  );
}
