import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { ActionlogError } from '../../errors.ts';
import type { WholeRow } from './prune-source.ts';

/** An archive that is complete: what is in it may be deleted. */
export interface ArchiveFile {
  path: string;
  /** The last entry in it, which is deleted last. */
  last: string;
}

/** A line of an archive. */
export interface ArchivedLine {
  alogid: string;
  row: WholeRow;
}

const partEnd = '.part';

/**
 * A directory with the archives of one table, as compressed JSON lines. What is being written ends in `.part`; the name
 * without it is given once all of it is on the disk.
 */
export class ArchiveFolder {
  readonly #folder: string;
  readonly #table: string;
  readonly #pattern: RegExp;

  constructor(folder: string, table: string) {
    this.#folder = folder;
    this.#table = table.replaceAll(/[^\w.$-]/gu, (char) => encodeURIComponent(char).replaceAll('*', '%2A'));
    const name = this.#table.replaceAll(/[.$]/g, '\\$&');
    this.#pattern = new RegExp(`^${name}-\\d+-(\\d+)\\.jsonl\\.gz(\\.part)?$`);
  }

  /** Makes the directory where there is none, drops what was left half-written, and gives the archives that there are. */
  async begin(): Promise<ArchiveFile[]> {
    return await this.#told('cannot be read or written', async () => {
      await mkdir(this.#folder, { recursive: true });
      const files: ArchiveFile[] = [];
      for (const name of await readdir(this.#folder)) {
        const [, last, part] = this.#pattern.exec(name) ?? [];
        const path = join(this.#folder, name);
        if (part !== undefined) await rm(path, { force: true });
        else if (last !== undefined) files.push({ path, last });
      }
      return files;
    });
  }

  /**
   * Writes an archive: on the disk as a whole, or not there. Resolves with the entries in it and its path; undefined
   * where there was no line.
   *
   * @param planned the first and the last entry, as far as is known
   * @throws ActionlogError `archive-failed`, and what `lines` throws
   */
  async write(
    planned: readonly [string, string],
    lines: AsyncIterable<ArchivedLine[]>,
  ): Promise<{ path: string; alogids: string[] } | undefined> {
    const part = this.#path(...planned) + partEnd;
    const alogids: string[] = [];
    let given: unknown;
    // what the lines throw goes to the caller as it is; what the disk says does not come in here
    const iterator = lines[Symbol.asyncIterator]();
    const next = async () => {
      try {
        return await iterator.next();
      } catch (error) {
        given = error;
        throw error;
      }
    };
    async function* text() {
      for await (const page of { [Symbol.asyncIterator]: () => ({ next }) }) {
        for (const { alogid, row } of page) {
          alogids.push(alogid);
          yield `${JSON.stringify(row)}\n`;
        }
      }
    }
    try {
      return await this.#told('cannot be written; nothing was deleted', async () => {
        await pipeline(Readable.from(text()), createGzip(), createWriteStream(part, { flags: 'wx' }));
        await onDisk(part);
        const [first, last] = [alogids[0], alogids.at(-1)];
        if (first === undefined || last === undefined) return undefined;
        const path = this.#path(first, last);
        if (await exists(path)) throw new Error(`${path} is there already; give each database a directory of its own`);
        await rename(part, path);
        if (process.platform !== 'win32') await onDisk(this.#folder); // the name; Windows has no such thing
        return { path, alogids };
      });
    } catch (error) {
      throw given ?? error;
    } finally {
      await rm(part, { force: true }).catch(() => undefined); // the next start drops it
    }
  }

  /**
   * The lines of an archive, by pages; first all of it is read, so that nothing is done on the word of a broken one.
   *
   * @throws ActionlogError `archive-failed`
   */
  async *read({ path }: ArchiveFile, pageSize: number): AsyncGenerator<ArchivedLine[]> {
    const failed = (cause: unknown) => this.#failed(`cannot be read (${path}); nothing of it was deleted`, cause);
    try {
      for await (const _ of parsed(path));
    } catch (cause) {
      throw failed(cause);
    }
    let page: ArchivedLine[] = [];
    for await (const line of parsed(path)) {
      page.push(line);
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  #path(first: string, last: string): string {
    return join(this.#folder, `${this.#table}-${first}-${last}.jsonl.gz`);
  }

  async #told<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw this.#failed(what, cause);
    }
  }

  #failed(what: string, cause: unknown): ActionlogError {
    const folder = this.#folder;
    const full = (cause as { code?: unknown } | null)?.code === 'ENOSPC' ? ': the disk is full' : '';
    return new ActionlogError('archive-failed', `the archive in ${folder} ${what}${full}; see the cause`, {
      cause,
      fields: { folder },
    });
  }
}

async function onDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return false;
    throw error;
  }
}

/** Not by `readline`, which ends a line at U+2028 as well. */
async function* parsed(path: string): AsyncGenerator<ArchivedLine> {
  const text = createGunzip();
  pipeline(createReadStream(path), text).catch(() => undefined); // reading `text` throws the same
  text.setEncoding('utf8');
  let rest = '';
  for await (const chunk of text as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield lineOf(line);
  }
  if (rest !== '') throw new Error('the last line has no end');
}

function lineOf(text: string): ArchivedLine {
  const row = JSON.parse(text) as WholeRow;
  const { alogid } = row;
  if (typeof alogid !== 'string') throw new Error('a line has no alogid');
  return { alogid, row };
}
