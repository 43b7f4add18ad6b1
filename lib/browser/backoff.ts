/**
 * Milliseconds to wait before the next attempt: anything from 0 up to a bound that doubles with each failure ("full
 * jitter"), so that the pages of a server that was restarted do not all come back in the same instant.
 *
 * @param tries failures so far, from 0
 */
export function backoffMs(tries: number, minDelayMs: number, maxDelayMs: number): number {
  return Math.random() * Math.min(maxDelayMs, minDelayMs * 2 ** tries);
}
