import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteLink } from '../../lib/action/sqlite-database.ts';
import { type FaultDatabase, rowOf, rowsSql } from './database.ts';
import type { Child } from './processes.ts';

/** A SQLite file on a disk that can be filled up, and cleared again. */
export interface FillableDatabase extends FaultDatabase {
  /** How the disk is bounded, for the output. */
  bound: string;
  /** A line of bash for the process that writes the file. */
  shell: string | undefined;
  /** Leaves no room; where the bound is on the writing process, there is little room from the start. */
  fill(): void;
  clear(writer: Child): void;
  /** What SQLite's own check says of the file. */
  integrity(): Promise<unknown>;
}

/**
 * A small file system of its own, where we may mount one; else a bound on the size of the files that the server writes.
 * Room for SQLite's write-ahead log must be left: it takes 4 MiB before it is written back.
 */
export async function fillableDatabase(): Promise<FillableDatabase> {
  clearAbandoned();
  const dir = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const mounted = mount(dir);
  const file = join(dir, 'actionlog.db');
  const ballast = join(dir, 'ballast');
  const read = async (sql: string) => {
    const link = await SqliteLink.open(file);
    try {
      return await link.all(sql);
    } finally {
      link.close();
    }
  };
  return {
    url: `sqlite:${file}`,
    bound: mounted ? 'a file system of 16 MiB' : 'files of at most 1 MiB',
    // ignored, the signal for a file that is too large becomes an error of the write
    shell: mounted ? undefined : `trap '' XFSZ; ulimit -S -f 1024`,
    fill() {
      for (let size = 65_536; mounted && size >= 512; size = takes(ballast, size) ? size : size / 2);
    },
    clear(writer) {
      if (mounted) truncateSync(ballast);
      else execFileSync('prlimit', ['--pid', String(writer.process.pid), '--fsize=unlimited']);
    },
    rows: async () => (await read(rowsSql)).map(rowOf),
    integrity: async () => await read('PRAGMA integrity_check'),
    async [Symbol.asyncDispose]() {
      // the driver closes a file when its last statement is collected, which may be later than this
      remove(dir, mounted);
    },
  };
}

const prefix = 'actionlog-full-';

/** What a run has left that was killed itself: the folder says by whom it was made. */
export function clearAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^actionlog-full-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) remove(join(tmpdir(), name), isMounted(join(tmpdir(), name)));
  }
}

function remove(dir: string, mounted: boolean): void {
  if (mounted) execFileSync('umount', ['--lazy', dir]);
  rmSync(dir, { recursive: true, force: true });
}

function isMounted(dir: string): boolean {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === dir);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

function mount(dir: string): boolean {
  if (process.getuid?.() !== 0 || process.env['FAULTS_NO_MOUNT']) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // in a container that may not mount
  }
}

function takes(file: string, bytes: number): boolean {
  try {
    appendFileSync(file, Buffer.alloc(bytes));
    return true;
  } catch {
    return false; // full
  }
}
