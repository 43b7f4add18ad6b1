import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionlogError } from '../../errors.ts';
import type { Lease } from '../lease.ts';

const pollMs = 500;

/** The right to prune a table, which one process has at a time: two would archive the same entries. */
export class PruneTurn {
  readonly #lease: Lease;
  readonly #leaseMs: number;
  readonly #table: string;
  readonly #holder = randomBytes(12).toString('base64url');
  #takenAt = 0;

  constructor(lease: Lease, leaseMs: number, table: string) {
    this.#lease = lease;
    this.#leaseMs = leaseMs;
    this.#table = table;
  }

  /**
   * Takes it. A holder that was killed is waited for until its lease is over; one that lives goes on renewing it.
   *
   * @throws ActionlogError `prune-running`, `lease-missing`, `database-unreachable`
   */
  async take(): Promise<void> {
    const until = performance.now() + this.#leaseMs + 2 * pollMs + 1000; // its end is a whole second
    while (!(await this.#renew())) {
      if (performance.now() >= until) throw this.#lost();
      await sleep(pollMs);
    }
  }

  /** Has it for a while longer. @throws ActionlogError `prune-running` where another process has it by now */
  async keep(): Promise<void> {
    const age = performance.now() - this.#takenAt;
    if (age < this.#leaseMs / 3) return;
    if (age >= this.#leaseMs || !(await this.#renew())) throw this.#lost();
  }

  async release(): Promise<void> {
    await this.#lease.release(this.#holder).catch(() => undefined); // it runs out by itself
  }

  async #renew(): Promise<boolean> {
    const now = performance.now();
    const taken = await this.#lease.take(this.#holder, this.#leaseMs);
    if (taken) this.#takenAt = now;
    return taken;
  }

  #lost(): ActionlogError {
    const table = this.#table;
    const message = `table ${table} is being pruned by another process, or this one stood still for too long; what was done stays done, and a second run goes on`;
    return new ActionlogError('prune-running', message, { fields: { table } });
  }
}
