/** Most rows of the side table that one statement deletes. */
const maxSideRows = 5000;

/**
 * Shares entries out, so that each share has few rows in the side table; an entry with more than that stands alone. Those
 * without any are left out.
 *
 * @param counts rows of the side table by entry
 */
export function sideBatches(counts: Iterable<readonly [alogid: string, rows: number]>): string[][] {
  const batches: string[][] = [];
  let room = 0;
  for (const [alogid, rows] of counts) {
    if (rows > room || batches.length === 0) {
      batches.push([]);
      room = maxSideRows;
    }
    batches.at(-1)?.push(alogid);
    room -= rows;
  }
  return batches;
}
