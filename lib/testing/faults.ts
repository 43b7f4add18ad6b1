import type { NewEntry } from '../action/store.ts';
import { ActionlogError } from '../errors.ts';

/** What is to go wrong, until `heal()`. */
export interface Faults {
  /**
   * The streaming server. `down`: it cannot be reached. `slow`: it takes nothing in, and gives no answer within
   * `stream.timeoutMs`. `refusing`: it answers that the signature is wrong, as with another secret on its side.
   */
  stream?: 'down' | 'slow' | 'refusing' | undefined;
  /** The database: nothing is read or written, `logaction` rejects with `database-unreachable`. */
  database?: 'down' | undefined;
  /**
   * Entries that the database refuses, all or those chosen: `logaction` rejects with `entry-not-written`, or with the error
   * that the function gives.
   */
  write?: true | ((entry: NewEntry) => boolean | Error) | undefined;
  /**
   * What commits of `actionlog.transaction()` come to. `refused`: the database rolls back, as on a conflict with another
   * node of a cluster. `unknown`: the transaction stands, and the answer is lost.
   */
  commit?: 'refused' | 'unknown' | undefined;
}

/** Where the parts of a test's action log look for what is to go wrong. */
export class FaultBoard {
  #faults: Faults = {};
  #healing = new AbortController();

  get now(): Readonly<Faults> {
    return this.#faults;
  }

  /** Given once all is well again. */
  get healed(): AbortSignal {
    return this.#healing.signal;
  }

  /** Adds to what goes wrong. @throws TypeError where that is no fault */
  set(faults: Faults): void {
    for (const [name, value] of Object.entries(faults)) {
      const known = kinds.get(name);
      const right = value === undefined || known?.includes(value) || (name === 'write' && typeof value === 'function');
      if (!known || !right) {
        const all = [...kinds].map(([kind, values]) => `${kind}: ${values.join(' | ')}`).join(', ');
        throw new TypeError(`fail: ${name}: ${String(value)} is no fault; there is ${all}`);
      }
    }
    this.#faults = { ...this.#faults, ...faults };
  }

  heal(): void {
    this.#faults = {};
    this.#healing.abort();
    this.#healing = new AbortController();
  }

  /** @throws ActionlogError `database-unreachable` where the database is down */
  reachDatabase(): void {
    if (this.#faults.database !== 'down') return;
    throw new ActionlogError(
      'database-unreachable',
      "the database is down: the test has said fail({ database: 'down' })",
    );
  }

  /** @throws what the test has said where the entry is to be refused */
  takeEntry(entry: NewEntry): void {
    const { write } = this.#faults;
    const refused = typeof write === 'function' ? write(entry) : write;
    if (refused instanceof Error) throw refused;
    if (refused === true) {
      const message = 'an entry was not written to the memory of this test: the test has it refused';
      throw new ActionlogError('entry-not-written', message, { fields: { table: 'actionlog' } });
    }
  }
}

const kinds = new Map<string, readonly unknown[]>([
  ['stream', ['down', 'slow', 'refusing']],
  ['database', ['down']],
  ['write', [true]],
  ['commit', ['refused', 'unknown']],
]);
