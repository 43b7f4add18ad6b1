/**
 * Where the streaming server writes lines for its operator; `console` fits, and most loggers do. A logger of pino's is
 * known by its form, and gets one line with fields for each thing that happens, also for what others are not told.
 */
export interface StreamLogger {
  /** Dumps of who is connected, and that the server listens. */
  info(message: string): void;
  /** Refused relays on Gyroscope's wire, where the sender cannot be told. Never a secret. */
  warn(message: string): void;
  /** Failures, where there is no `onError`. */
  error(message: string, error?: unknown): void;
}
