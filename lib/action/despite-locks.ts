import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Refusals after which for certain nothing of a statement stands, or of a transaction where a COMMIT met with them: a
 * deadlock, which on Galera is also a certification that failed, and the same on group replication.
 */
const rolledBack = new Set(['ER_LOCK_DEADLOCK', 'ER_TRANSACTION_ROLLBACK_DURING_COMMIT']);

/** Whether the database says that it has rolled back. */
export function saysRolledBack(error: unknown): boolean {
  return rolledBack.has(String((error as { code?: unknown } | null)?.code));
}

/** How far a statement is repeated. */
export interface Patience {
  attempts: number;
  maxPauseMs: number;
  /** Whether a lock that was waited for too long counts as well; it costs the server's whole patience each time. */
  lockWaits: boolean;
}

/** For what nobody waits for. */
export const patient: Patience = { attempts: 8, maxPauseMs: 200, lockWaits: false };
/** For a write, which a request waits for. */
export const brief: Patience = { attempts: 3, maxPauseMs: 20, lockWaits: false };

/** Runs a statement that commits itself, or a transaction, again where it met with the locks of others. */
export async function despiteLocks<T>(
  { attempts, maxPauseMs, lockWaits }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const waited = lockWaits && (error as { code?: unknown } | null)?.code === 'ER_LOCK_WAIT_TIMEOUT';
      if (!(waited || saysRolledBack(error)) || attempt === attempts) throw error;
      await sleep(Math.random() * Math.min(maxPauseMs, 5 * 2 ** attempt));
    }
  }
}
