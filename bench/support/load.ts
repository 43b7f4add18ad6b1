import { setTimeout as sleep } from 'node:timers/promises';

/** What a load has measured; times in milliseconds. */
export interface Load {
  /** How many calls have ended. */
  calls: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  [metric: string]: number;
}

/** The value below which this part of the values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN;
}

/** The monotonic clock in milliseconds; the same in all processes of a machine, so that their times compare. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * A closed loop: so many callers at a time, each calling again as soon as its call has ended, until the time is over; what
 * is under way then is waited for and counts.
 */
export async function closedLoop(
  { concurrency, durationMs }: { concurrency: number; durationMs: number },
  call: () => Promise<unknown>,
): Promise<Load> {
  const times: number[] = [];
  const begin = performance.now();
  const end = begin + durationMs;
  const caller = async () => {
    let before = performance.now();
    while (before < end) {
      await call();
      const after = performance.now();
      times.push(after - before);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return loadOf(times, performance.now() - begin);
}

/**
 * An open loop: so many calls a second, evenly, whether or not those before have ended. A call's time counts from when it
 * was due, so that a stall is not hidden.
 */
export async function openLoop(
  { perSecond, durationMs }: { perSecond: number; durationMs: number },
  call: (index: number, dueAt: number) => Promise<unknown>,
): Promise<Load> {
  const times: number[] = [];
  const begin = performance.now();
  const all = Math.floor((perSecond * durationMs) / 1000);
  let failed: Error | undefined;
  let ended = 0;
  for (let index = 0; index < all; ) {
    const due = Math.min(all, Math.floor(((performance.now() - begin) * perSecond) / 1000) + 1);
    for (; index < due; index += 1) {
      const dueAt = begin + (index * 1000) / perSecond;
      call(index, dueAt)
        .then(() => times.push(performance.now() - dueAt))
        .catch((error) => {
          failed ??= error;
        })
        .finally(() => {
          ended += 1;
        });
    }
    await sleep(Math.max(begin + (index * 1000) / perSecond - performance.now(), 0));
  }
  while (ended < all) await sleep(1);
  if (failed) throw failed;
  return loadOf(times, performance.now() - begin);
}

export function loadOf(times: readonly number[], elapsedMs: number): Load {
  const perSecond = (times.length * 1000) / elapsedMs;
  return { calls: times.length, perSecond, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
