import { AsyncLocalStorage } from 'node:async_hooks';
import { saysRolledBack } from './action/despite-locks.ts';
import type { ActionStore, TransactionConnection } from './action/store.ts';
import { ActionlogError } from './errors.ts';
import type { ListedAction, Logaction, LogactionOptions, Logged, LoggedMany, LogManyOptions } from './logaction.ts';
import type { ChangedRecord, Rectype } from './records.ts';
import type { Uncommitted } from './uncommitted.ts';

/**
 * `logaction` inside a transaction: first for whom, `req` in a route or what `actionlog.as()` gave, then as ever. An entry
 * that cannot be written fails the transaction.
 */
export interface TransactionLog {
  <K extends Rectype>(
    who: { logaction: Logaction },
    message: Parameters<Logaction>[0],
    rawobj?: Parameters<Logaction>[1],
    record?: ChangedRecord<K> | null,
    options?: Omit<LogactionOptions<K>, 'connection'>,
  ): Promise<Logged>;
  /** `logaction.many` inside the transaction. */
  many<K extends Rectype>(
    who: { logaction: Logaction },
    actions: readonly ListedAction<K>[],
    options?: Omit<LogManyOptions, 'connection'>,
  ): Promise<LoggedMany>;
}

/** What is done inside a transaction. */
export type TransactionWork<T> = (tx: TransactionConnection, log: TransactionLog) => Promise<T>;

/** A transaction that the code which runs was called from inside of. */
interface Inside {
  open: boolean;
  /** Of which log it is. */
  of: Uncommitted;
  /** The one around it, of another log. */
  around: Inside | undefined;
}

const inside = new AsyncLocalStorage<Inside>();

function isInside(log: Uncommitted): boolean {
  for (let at = inside.getStore(); at; at = at.around) if (at.open && at.of === log) return true;
  return false;
}

/**
 * Begins a transaction, does the work, and commits; rolls back where the work throws, and throws the same. Where the
 * database answers the commit by rolling back (on a cluster: a conflict with another node), it throws what that said.
 *
 * @throws ActionlogError `transaction-unknown` where the commit failed otherwise; `database-unreachable` where none could be begun
 * @throws TypeError where the store has no connections to give, or inside of another transaction of the same log
 */
export async function inTransaction<T>(
  store: ActionStore,
  uncommitted: Uncommitted,
  work: TransactionWork<T>,
): Promise<T> {
  if (isInside(uncommitted)) {
    throw new TypeError('transaction: called inside of a transaction; use the tx and log of that one');
  }
  const transaction = await store.begin();
  const { connection } = transaction;
  const state: Inside = { open: true, of: uncommitted, around: inside.getStore() };
  const logs: Promise<unknown>[] = [];
  const during = <R>(write: () => Promise<R>): Promise<R> => {
    const logged = (async () => {
      if (!state.open) throw new TypeError('transaction: log() was called after the end of the transaction');
      return await write();
    })();
    logged.catch(() => undefined); // where nobody awaits it, the transaction fails by it, and the process goes on
    logs.push(logged);
    return logged;
  };
  const one: (...given: Parameters<TransactionLog>) => Promise<Logged> = (who, message, rawobj, record, options) =>
    during(() => who.logaction(message, rawobj, record, { ...options, connection }));
  const many: TransactionLog['many'] = (who, actions, options) =>
    during(() => who.logaction.many(actions, { ...options, connection }));
  const log: TransactionLog = Object.assign(one, { many });
  let result: T;
  try {
    result = await inside.run(state, () => work(connection, log));
    // also those that nobody awaited, and that came meanwhile: the journal is whole, or nothing was done
    for (let known = 0; known < logs.length; ) {
      known = logs.length;
      await Promise.all(logs);
    }
  } catch (error) {
    state.open = false;
    await Promise.allSettled(logs);
    await transaction.rollback();
    uncommitted.rolledBack(connection);
    throw error;
  }
  state.open = false;
  try {
    await transaction.commit();
  } catch (cause) {
    // a cluster refuses at the COMMIT what another node has written meanwhile: then nothing of it stands
    if (saysRolledBack(cause)) {
      uncommitted.rolledBack(connection);
      throw cause;
    }
    uncommitted.unknown(connection);
    const message =
      'the commit failed: whether the transaction stands is not known here; entries of it that stand are announced by the sweep; see the cause';
    throw new ActionlogError('transaction-unknown', message, { cause });
  }
  uncommitted.committed(connection);
  return result;
}
