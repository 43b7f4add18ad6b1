/** What one round of one variant has measured, by metric: `perSecond`, `p50Ms`, `bytesPerConnection` … */
export type Metrics = Record<string, number>;

/** What is compared: each function measures one round. */
export type Variants = Record<string, (round: number) => Promise<Metrics>>;

/** Median, least and most of what the rounds gave. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** What the rounds of all variants gave under one setting. */
export interface Rounds {
  setting: string;
  measured: Map<string, Metrics[]>;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** One metric of one variant, round by round. */
export function seriesOf({ measured, setting }: Rounds, variant: string, metric: string): number[] {
  const rounds = measured.get(variant);
  if (!rounds) throw new TypeError(`${setting}: no variant ${variant}; there are ${[...measured.keys()].join(', ')}`);
  return rounds.map((metrics) => {
    const value = metrics[metric];
    if (value === undefined) throw new TypeError(`${setting}: ${variant} has not measured ${metric}`);
    return value;
  });
}

/** The ratio of two variants in one metric: of each round first, then their spread. */
export function ratioOf(rounds: Rounds, metric: string, of: string, against: string): Spread {
  const base = seriesOf(rounds, against, metric);
  return spreadOf(seriesOf(rounds, of, metric).map((value, round) => value / (base[round] ?? Number.NaN)));
}

/** Runs the variants in turns. Who goes first changes from round to round, so that none has the better place. */
export async function alternate(
  setting: string,
  variants: Variants,
  { rounds, warmUps, onRound }: { rounds: number; warmUps: number; onRound: (text: string) => void },
): Promise<Rounds> {
  const all = Object.entries(variants);
  const measured = new Map<string, Metrics[]>(all.map(([name]) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    onRound(`${setting}: ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`);
    for (let turn = 0; turn < all.length; turn += 1) {
      const [name, measure] = all[(round + warmUps + turn) % all.length] ?? [];
      if (name === undefined || measure === undefined) continue;
      const metrics = await measure(round);
      if (round >= 0) measured.get(name)?.push(metrics);
    }
  }
  return { setting, measured };
}
