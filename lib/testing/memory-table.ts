import { charsetOf } from '../action/charset.ts';
import type { RowValues } from '../action/insert.ts';
import type { Entry } from '../action/store.ts';
import type { Columns, IdColumn, IntegerColumn, TableShape, TextColumn } from '../action/table-shape.ts';

/** One row in memory. */
export interface MemoryRow extends Entry {
  /** Unix time in milliseconds. */
  announcedat: number | null;
  /** The changed columns, as `traceRows()` has them. */
  trace: readonly RowValues[];
}

const integer = (type: string, min: bigint, max: bigint): IntegerColumn => ({ kind: 'integer', type, min, max });
const text = (type: string, maxChars: number, maxBytes = 4 * maxChars): TextColumn => ({
  ...{ kind: 'text', type, maxChars, maxBytes, charset: charsetOf('utf8mb4'), trims: false },
});

/** The columns of the default schema, so that what is cut here is cut in MySQL as well. */
export function memoryShape(ids: 'bigint' | 'text'): TableShape {
  const id: IdColumn = ids === 'bigint' ? integer('bigint unsigned', 0n, 2n ** 64n - 1n) : text('varchar(191)', 191);
  const bigint = integer('bigint', -(2n ** 63n), 2n ** 63n - 1n);
  const flag = integer('tinyint unsigned', 0n, 255n);
  const short = text('varchar(255)', 255);
  const long = text('text', 65_535, 65_535);
  const columns: Columns = {
    ...{ gsid: id, userid: id, logname: short, logmessage: short, rawobj: long, logdate: bigint },
    ...{ sid: integer('int unsigned', 0n, 2n ** 32n - 1n), rectype: short, recid: id, wssdone: flag, bulldozed: flag },
    ...{ recref: short, extra: long, ctxid: integer('int', -(2n ** 31n), 2n ** 31n - 1n), announcedat: bigint },
    correlation: text('varchar(64)', 64),
  };
  return { table: 'actionlog', columns };
}

/** The rows that are committed, by their numbers. */
export class MemoryTable {
  #rows: MemoryRow[] = [];
  #last = 0n;

  /** The number of the next row; never given twice. */
  nextId(): string {
    this.#last += 1n;
    return String(this.#last);
  }

  get rows(): readonly MemoryRow[] {
    return this.#rows;
  }

  /** Adds rows; one whose transaction ended late stands where its number belongs. */
  add(rows: readonly MemoryRow[]): void {
    for (const row of rows) {
      const id = BigInt(row.alogid);
      if (id > this.#last) this.#last = id;
      let at = this.#rows.length;
      while (at > 0 && BigInt(this.#rows[at - 1]?.alogid ?? 0) > id) at -= 1;
      this.#rows.splice(at, 0, row);
    }
  }

  has(alogid: string): boolean {
    return this.#rows.some((row) => row.alogid === alogid);
  }

  /** Takes all rows away; numbers go on. */
  clear(): void {
    this.#rows = [];
  }
}
