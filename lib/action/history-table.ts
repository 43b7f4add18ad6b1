import type { TableShape } from './table-shape.ts';
import type { TextPattern } from './text-pattern.ts';

/** What is different between the databases in a history query. */
export interface HistoryDialect {
  /** A text as a literal that no SQL mode and no character set can make anything else of. */
  literal(text: string): string;
  /** Reads a text column, given its quoted name. */
  readText(column: string): string;
  /** Reads a column of whole numbers as decimal text, given its quoted name. */
  readNumber(column: string): string;
  /** Holds for each text that looks so, whatever the case of its letters, and perhaps for others. */
  matches(column: string, pattern: TextPattern): string;
  /**
   * Whether a tenant is asked for by bounds where nothing else finds its entries. By equality MariaDB takes each tenant
   * for one of average size, and walks through a large one's entries from the newest on to where a later page begins.
   */
  boundsTenant?: boolean;
  /** Follows the table's name and keeps the database from the table's key, where it would choose a worse way for it. */
  withoutKey?: string;
  /** The column's value in a form that no index is used for, where the database would choose the wrong one. */
  unindexed(column: string): string;
}

/** Where a history query reads. */
export interface HistoryTable {
  /** The table's quoted name. */
  quoted: string;
  tenantColumn: string;
  shape: TableShape;
  dialect: HistoryDialect;
  /** The table of changed columns, which may be missing: its name for messages, and quoted. */
  trace: { name: string; quoted: string };
}
