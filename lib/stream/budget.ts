/**
 * Calls `spent` when the time is over, unless the returned function was called before. Timers run before sockets are
 * looked at: where the event loop was busy for longer than the budget, what has come meanwhile is heard first.
 *
 * @returns stops it
 */
export function startBudget(ms: number, spent: () => void): () => void {
  let stopped = false;
  const timer = setTimeout(() => setImmediate(() => stopped || spent()), ms);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
