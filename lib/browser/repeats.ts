/** How many entries are remembered. */
const remembered = 1_000;

/**
 * Tells whether an entry's number comes for the first time. The last 1,000 are remembered, by value: entries are
 * announced out of order (a late sweep, several servers), so that a smaller number is no repeat.
 */
export function createRepeats(): (alogid: string) => boolean {
  const seen = new Set<string>();
  return (alogid) => {
    if (seen.has(alogid)) return false;
    seen.add(alogid);
    const [oldest] = seen;
    if (seen.size > remembered && oldest) seen.delete(oldest);
    return true;
  };
}
