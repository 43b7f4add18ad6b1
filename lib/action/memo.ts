/** A value that is made at first use, once, for however many ask at the same time; a failure is not kept. */
export class Memo<T> {
  readonly #make: () => Promise<T>;
  #current: Promise<T> | undefined;
  #made: T | undefined;
  /** The value as it was made last, also where it is forgotten. */
  #last: T | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  /** The value, where it is made. */
  get made(): T | undefined {
    return this.#made;
  }

  async get(): Promise<T> {
    if (this.#current) return await this.#current;
    const made = this.#make();
    this.#current = made;
    try {
      const value = await made;
      if (this.#current === made) {
        this.#made = value;
        this.#last = value;
      }
      return value;
    } catch (error) {
      if (this.#current === made) this.#current = undefined;
      throw error;
    }
  }

  /** The value; while it is made anew, or cannot be, the one before: for those who must not wait for it. */
  async newest(): Promise<T> {
    if (this.#made !== undefined) return this.#made;
    if (this.#last === undefined) return await this.get();
    this.#makeBeside();
    return this.#last;
  }

  /** Makes it anew, once for however many say so; `get` waits for it. */
  renew(): void {
    if (this.#made === undefined) return;
    this.forget();
    this.#makeBeside();
  }

  #makeBeside(): void {
    this.get().catch(() => undefined); // a failure is told to whoever asks next
  }

  /** Has the next call make it anew. */
  forget(): void {
    this.#current = undefined;
    this.#made = undefined;
  }
}
