import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Refusals after which nothing of the statement stands, and which are over soon: a deadlock, a lock that was waited for
 * too long, a certification that failed in a cluster.
 */
const passing = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_TRANSACTION_ROLLBACK_DURING_COMMIT']);

const maxAttempts = 12;
const maxPauseMs = 2000;

/** Runs a statement that commits itself, again where it met with the locks of others. */
export async function despiteLocks<T>(statement: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      const { code } = (error ?? {}) as { code?: unknown };
      if (!passing.has(String(code)) || attempt === maxAttempts) throw error;
      await sleep(Math.random() * Math.min(maxPauseMs, 20 * 2 ** attempt));
    }
  }
}
