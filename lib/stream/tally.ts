/** Counts by a few names, each one of a fixed few: never what a peer, a tenant or a user has chosen. */
export class Tally<Labels extends string> {
  readonly #labels: readonly Labels[];
  readonly #counts = new Map<string, { names: readonly string[]; count: number }>();

  /** @param labels what the names stand for, in their order */
  constructor(...labels: Labels[]) {
    this.#labels = labels;
  }

  add(...names: string[]): void {
    const key = names.join(' ');
    const known = this.#counts.get(key);
    if (known) known.count += 1;
    else this.#counts.set(key, { names, count: 1 });
  }

  /** Each combination that has come, with its count. */
  read(): { labels: Record<string, string>; value: number }[] {
    return [...this.#counts.values()].map(({ names, count }) => ({
      labels: Object.fromEntries(this.#labels.map((label, index) => [label, names[index] ?? ''])),
      value: count,
    }));
  }
}
