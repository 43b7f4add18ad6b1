/** Counts the work that is under way, so that whoever closes can wait for its end. */
export class UnderWay {
  #count = 0;
  #settled: (() => void) | undefined;

  begin(): void {
    this.#count += 1;
  }

  /** Once for each `begin`, however the work ended. */
  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#settled?.();
  }

  /** Resolves once nothing is under way. */
  async over(): Promise<void> {
    while (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
      });
    }
  }
}
