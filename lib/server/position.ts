/** A place in the events that reach a tenant's pages: its own, and those of tenant 0, which reach everybody. */
export interface Position {
  /** Names one life of the tenant's sequence. */
  epoch: string;
  /** Number of the tenant's newest event, from 1; 0 where there was none yet. */
  offset: number;
  /** The same in the sequence of tenant 0. */
  offset0: number;
}
