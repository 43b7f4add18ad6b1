/** A value that is made at first use, once, for however many ask at the same time; a failure is not kept. */
export class Memo<T> {
  readonly #make: () => Promise<T>;
  #current: Promise<T> | undefined;
  #made: T | undefined;

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
      if (this.#current === made) this.#made = value;
      return value;
    } catch (error) {
      if (this.#current === made) this.#current = undefined;
      throw error;
    }
  }

  /** Has the next call make it anew. */
  forget(): void {
    this.#current = undefined;
    this.#made = undefined;
  }
}
