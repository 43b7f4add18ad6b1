/** A connection was used after the transaction that it was lent for: it may be somebody else's by now. */
export class TransactionOver extends TypeError {
  constructor() {
    super('transaction: tx was used after the end of the transaction');
  }
}

/** What is lent with a connection as it is: classes, which are no methods. */
const classes = new Set<PropertyKey>(['constructor', 'Promise']);

/**
 * Lends a mysql2 connection of the promise style for as long as a transaction lasts: it is used as it is, and all its
 * methods refuse with a {@link TransactionOver} once that is over.
 */
export function lend<T extends object>(connection: T, isOver: () => boolean): T {
  return lendEach(connection, isOver, (name) => name === 'execute' || name === 'query');
}

function lendEach<T extends object>(lent: T, isOver: () => boolean, rejects: (name: PropertyKey) => boolean): T {
  return new Proxy(lent, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      // the same connection in the callback style
      if (name === 'connection' && typeof value === 'object' && value !== null)
        return lendEach(value, isOver, () => false);
      if (typeof value !== 'function' || classes.has(name)) return value;
      return (...given: unknown[]): unknown => {
        if (!isOver()) return Reflect.apply(value, target, given);
        const error = new TransactionOver();
        if (rejects(name)) return Promise.reject(error);
        throw error;
      };
    },
  });
}
