/** What comes in, in order, for a test that waits for it. */
export interface Queue<T> {
  put(item: T): void;
  /** The next item that fits; those before it are passed over. */
  next(fits?: (item: T) => boolean): Promise<T>;
}

export function createQueue<T>(): Queue<T> {
  const items: T[] = [];
  let wake = (): void => {};
  return {
    put(item) {
      items.push(item);
      wake();
    },
    async next(fits = () => true) {
      for (;;) {
        for (let item = items.shift(); item !== undefined; item = items.shift()) if (fits(item)) return item;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
