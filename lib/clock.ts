/** Where the time comes from. There are two: the system's, and the one of the test kit, which can be moved. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds since some moment, which nobody sets back: for spans of time. */
  elapsed(): number;
  /** Calls back once that much time has passed, unless the returned function was called before. It keeps no process alive. */
  after(ms: number, due: () => void): () => void;
}

/** The system's clock. It looks at the globals at each call, so that a test's mocks of them are heeded. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, due) {
    const timer = setTimeout(due, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves once that much time has passed, or the signal is given. */
export function passed(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const stop = clock.after(ms, done);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done);
  });
}
