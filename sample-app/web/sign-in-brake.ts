const mostTries = 8;
const windowMs = 10 * 60_000;
const mostKeys = 10_000;

/** Holds whoever guesses passwords; kept in memory, for one process. */
export function signInBrake() {
  const tries = new Map<string, { count: number; until: number }>();
  const current = (key: string) => {
    const entry = tries.get(key);
    return entry && entry.until > Date.now() ? entry : undefined;
  };
  return {
    holds: (key: string): boolean => (current(key)?.count ?? 0) >= mostTries,
    passed: (key: string): void => void tries.delete(key),
    failed(key: string): void {
      const { count, until } = current(key) ?? { count: 0, until: Date.now() + windowMs };
      tries.delete(key); // set anew, so that the first key of the map is the one that failed longest ago
      tries.set(key, { count: count + 1, until });
      if (tries.size > mostKeys) for (const oldest of tries.keys()) return void tries.delete(oldest);
    },
  };
}
