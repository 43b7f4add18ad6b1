import type { RevocationStore } from '../action/store.ts';
import type { Clock } from '../clock.ts';
import type { Revocation } from '../session/revocations.ts';
import type { FaultBoard } from './faults.ts';

/** What stands beside the entries: the lease of those who announce, and the revocations. */
export class MemoryDesk implements RevocationStore {
  readonly #clock: Clock;
  readonly #faults: FaultBoard;
  readonly #revocations = new Map<string, Revocation>();
  #holder = '';
  #expires = 0;

  constructor(clock: Clock, faults: FaultBoard) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** The database's clock, to the second. */
  now(): number {
    this.#faults.reachDatabase();
    return Math.floor(this.#clock.now() / 1000) * 1000;
  }

  takeLease(holder: string, leaseMs: number): boolean {
    const now = this.now();
    if (this.#holder !== holder && now < this.#expires) return false;
    this.#holder = holder;
    this.#expires = now + leaseMs;
    return true;
  }

  releaseLease(holder: string): void {
    this.#faults.reachDatabase();
    if (this.#holder === holder) this.#expires = 0;
  }

  async keep(revocation: Revocation): Promise<void> {
    this.#faults.reachDatabase();
    const key = `${revocation.gsid}\n${revocation.userid}`;
    const known = this.#revocations.get(key);
    if (!known || known.at < revocation.at) this.#revocations.set(key, { ...revocation });
  }

  async since(time: number): Promise<Revocation[]> {
    this.#faults.reachDatabase();
    return [...this.#revocations.values()].filter(({ at }) => at >= time).map((one) => ({ ...one }));
  }
}
