/**
 * Every code that an {@link ActionlogError} may carry. `docs/errors.md` says for each what happened and what to do; a
 * test holds this list and that page together.
 */
export const errorCodes = [
  // who
  'cookie-parser-missing',
  'middleware-missing',
  'not-signed-in',
  'session-expired',
  'session-invalid',
  'session-revoked',
  'not-in-group',
  'sign-in-unsupported',
  'session-unsignable',
  // what
  'database-unreachable',
  'table-missing',
  'table-unfit',
  'id-unfit',
  'entry-not-written',
  'writer-full',
  'driver-missing',
  'archive-failed',
  'prune-running',
  // relay
  'rectype-reserved',
  'record-malformed',
  'relay-unreachable',
  'relay-timeout',
  'relay-unauthorized',
  'relay-refused',
  'relay-queue-full',
  'event-refused',
  'mark-failed',
  'relay-paused',
  'relay-resumed',
  'lease-missing',
  'sweep-failed',
  'entries-expired',
  'transaction-unknown',
  // Redis
  'redis-unreachable',
  'redis-timeout',
  'redis-refused',
  'engine-away',
  'engine-back',
  'action-dropped',
  'closed',
] as const;

export type ActionlogErrorCode = (typeof errorCodes)[number];

/** HTTP status that belongs to a code where a request is answered with the error; 500 for all others. */
const statusOf = new Map<ActionlogErrorCode, number>([
  ['not-signed-in', 401],
  ['session-expired', 401],
  ['session-invalid', 401],
  ['session-revoked', 401],
  ['not-in-group', 403],
  ['writer-full', 503],
]);

export interface ActionlogErrorOptions {
  /** What led to it, as thrown by the database driver, the socket, … */
  cause?: unknown;
  /** Facts that belong to the code, never a secret: `{ table: 'actionlog', column: 'rawobj' }`. */
  fields?: Readonly<Record<string, unknown>>;
}

/**
 * The one class of errors at run time. Wrong options are a `TypeError` at construction instead.
 *
 * Compare `code`, never `message`: messages are for people and may change.
 */
export class ActionlogError extends Error {
  override readonly name = 'ActionlogError';
  readonly code: ActionlogErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  /** HTTP status with which Express's own error handler answers: 401, 403, 503 or 500. */
  readonly status: number;

  constructor(code: ActionlogErrorCode, message: string, options: ActionlogErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.status = statusOf.get(code) ?? 500;
  }
}

/** The steps in which something can go wrong with nobody awaiting it. */
export type ErrorStage = 'open' | 'session' | 'relay' | 'mark' | 'announce' | 'sweep' | 'server' | 'close';

/**
 * Told of every failure that no caller awaits. Must not throw; what it throws is printed to the console.
 *
 * @param error an {@link ActionlogError} where the cause is known, else what was thrown
 * @param context the step in which it happened
 */
export type OnError = (error: unknown, context: { stage: ErrorStage }) => void;

/** The default {@link OnError}: one line on the console, so that nothing fails in silence; a stack where we know no code. */
const printError: OnError = (error, { stage }) => {
  const known = error instanceof ActionlogError;
  console.error(`express-actionlog (${stage}):`, known ? `${error.code}: ${error.message}${causesOf(error)}` : error);
};

/** What led to an error, and what to that: ` (…) (…)`. */
function causesOf({ cause }: Error): string {
  return cause instanceof Error ? ` (${cause.message})${causesOf(cause)}` : '';
}

/** Wraps the caller's handler so that its own throw cannot reach the code that reports. */
export function guardedOnError(onError: OnError | undefined): OnError {
  if (!onError) return printError;
  return (error, context) => {
    try {
      onError(error, context);
    } catch (thrown) {
      printError(thrown, context);
      printError(error, context);
    }
  };
}
