import type { Lease } from '../lease.ts';

/** Which entries are to go. */
export interface PruneScope {
  /** Those written before, Unix time in seconds. */
  before: number;
  /** One tenant's alone. */
  gsid: string | undefined;
}

/** An entry as it stands: each column's value as text, nothing lost. */
export type WholeRow = Readonly<Record<string, CellValue | readonly Readonly<Record<string, CellValue>>[]>>;

/** Bytes that are no text stand as base64, with the character set that they claim to be of. */
export type CellValue = string | null | { base64: string; charset?: string };

/** A table of entries, as pruning sees it. No read takes a lock. */
export interface PruneSource {
  readonly lease: Lease;
  /** How many entries are to go, and the last of them; '0' where there is none. */
  count(scope: PruneScope): Promise<{ rows: number; last: string }>;
  /** Looks at the next entries after one, in the order of `alogid`: which of them are to go, and the last one seen. */
  look(after: string, last: string, scope: PruneScope): Promise<{ due: string[]; end: string | undefined }>;
  /** The entries of these numbers that stand, in order, with what belongs to each of them in the side table. */
  rows(alogids: readonly string[]): Promise<{ alogid: string; row: WholeRow }[]>;
  /** Deletes entries and what belongs to them in the side table; the entries themselves last, all or none. */
  remove(alogids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Most entries looked at by one statement. */
export const lookSize = 10_000;

/** Under which key the rows of the side table stand in an archived entry. */
export const traceKey = '_trace';
