import { z } from 'zod';
import { count } from '../options.ts';

/** How entries are written that come while others are being written. */
export interface WriterBounds {
  /** Most rows that one statement (SQLite: one transaction) writes. Default 100; 1 writes each row by itself. */
  maxRowsPerStatement?: number | undefined;
  /**
   * Most bytes of a statement with several rows; a larger row goes by itself. Default 1,048,576, and never more than
   * half of the server's `max_allowed_packet`.
   */
  maxBytesPerStatement?: number | undefined;
  /** Most statements under way at a time in MySQL. Default 2. SQLite has one writer. */
  maxStatements?: number | undefined;
  /** Most entries that wait to be written. Default 10,000. */
  maxWaiting?: number | undefined;
  /** Most bytes of the entries that wait. Default 67,108,864. */
  maxWaitingBytes?: number | undefined;
  /**
   * What becomes of an entry beyond that: `reject` (default) has `logaction` reject with `writer-full`; `wait` has it
   * wait as well, however many there are, which is for jobs that await what they log.
   */
  whenFull?: 'reject' | 'wait' | undefined;
}

/** Checks {@link WriterBounds}, and fills in the defaults. */
export const writerSchema = z.strictObject({
  maxRowsPerStatement: count.max(1000).default(100),
  maxBytesPerStatement: count.default(1_048_576),
  maxStatements: count.max(10).default(2),
  maxWaiting: count.default(10_000),
  maxWaitingBytes: count.default(67_108_864),
  whenFull: z.enum(['reject', 'wait']).default('reject'),
});

/** {@link WriterBounds} as checked. */
export type CheckedWriterBounds = z.output<typeof writerSchema>;
