/** How values go up or down over time. */
export interface Slope {
  /** What they have gained from the first to the last, by the straight line that fits best. */
  gained: number;
  /** Standard error of `gained`. */
  error: number;
  /** Where the line begins. */
  begin: number;
}

/** The straight line through samples that were taken at even intervals, by least squares. */
export function slopeOf(values: readonly number[]): Slope {
  const count = values.length;
  if (count < 3) throw new TypeError('a slope needs three samples or more');
  const middle = (count - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let squares = 0;
  let products = 0;
  for (const [at, value] of values.entries()) {
    squares += (at - middle) ** 2;
    products += (at - middle) * (value - mean);
  }
  const slope = products / squares;
  const rest = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - middle)) ** 2, 0);
  const error = Math.sqrt(rest / (count - 2) / squares);
  return { gained: slope * (count - 1), error: error * (count - 1), begin: mean - slope * middle };
}

/**
 * Whether values stay where they are: what they gain is noise (within three standard errors of nothing), or too little to
 * matter.
 */
export function isFlat({ gained, error }: Slope, tolerated: number): boolean {
  return gained <= Math.max(3 * error, tolerated);
}
