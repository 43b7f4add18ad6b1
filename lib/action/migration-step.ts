/** One thing that a migration does. */
export interface MigrationStep {
  /** A plain sentence. */
  what: string;
  /** The statement. */
  sql: string;
}
