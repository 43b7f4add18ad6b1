import { readdirSync, readlinkSync } from 'node:fs';
import { queryObjects } from 'node:v8';

/** What a process uses at this moment. */
export interface Usage {
  /** Processor time since it began, of all its threads, user and system, in milliseconds. */
  cpuMs: number;
  /** What lives on the heap, and what belongs to it outside. */
  heapBytes: number;
  externalBytes: number;
  rssBytes: number;
  /** What keeps the event loop alive, as Node counts it. */
  handles: number;
  /** Open sockets, as the system counts them. */
  sockets: number;
}

class Nothing {}

/** Collects garbage first where the process runs with `--expose-gc`. */
export async function usageOf(): Promise<Usage> {
  // twice, a turn apart: what a finaliser frees, the second one collects
  for (let round = 0; round < 2 && globalThis.gc; round += 1) {
    globalThis.gc();
    queryObjects(Nothing); // before it counts, Node gives all free memory back, as gc() alone does not
    await new Promise((resolve) => setImmediate(resolve));
  }
  const memory = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    heapBytes: memory.heapUsed,
    externalBytes: memory.external,
    rssBytes: memory.rss,
    handles: process.getActiveResourcesInfo().length,
    sockets: openSockets(),
  };
}

/** Processor time of this process so far, in milliseconds: cheap enough for each round. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function openSockets(): number {
  const folder = '/proc/self/fd';
  return readdirSync(folder).filter((name) => targetOf(`${folder}/${name}`).startsWith('socket:')).length;
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ''; // the descriptor of the listing itself is closed by now
  }
}
