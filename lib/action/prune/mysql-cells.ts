import type { MysqlColumn } from '../mysql-shape.ts';
import { quoteName } from '../sql.ts';
import { bytesCell, textCell } from './cell.ts';
import type { CellValue } from './prune-source.ts';

/** How a column is read so that nothing of it is lost, whatever the connection's character set and number options. */
interface CellReader {
  name: string;
  /** What to select, under the aliases that {@link CellReader.cell} reads. */
  sql: string;
  cell(row: Record<string, unknown>): CellValue;
}

const bytesTypes =
  /^(binary|varbinary|tinyblob|blob|mediumblob|longblob|bit|vector|geometry\w*|(multi)?(point|linestring|polygon))$/;

/** The readers of a table's columns. `alias` keeps two tables of one statement apart. */
export function cellReaders(columns: readonly MysqlColumn[], alias: string): CellReader[] {
  return columns.map((column, index) => readerOf(column, `${alias}.${quoteName(column.name, 'table')}`, `c${index}`));
}

/** What to select for all of them. */
export function cellList(readers: readonly CellReader[]): string {
  return readers.map(({ sql }) => sql).join(', ');
}

/** A row by the columns' names. */
export function cellsOf(readers: readonly CellReader[], row: Record<string, unknown>): Record<string, CellValue> {
  return Object.fromEntries(readers.map((reader) => [reader.name, reader.cell(row)]));
}

function readerOf({ name, dataType, charset }: MysqlColumn, column: string, as: string): CellReader {
  const given = (row: Record<string, unknown>, key: string) =>
    row[key] === null || row[key] === undefined ? null : String(row[key]);
  if (bytesTypes.test(dataType)) {
    const cell = (row: Record<string, unknown>) => nullOr(given(row, as), bytesCell);
    return { name, sql: `HEX(${column}) AS ${as}`, cell };
  }
  if (charset === undefined) {
    // a float is shown with fewer digits than it has
    const exact = dataType === 'float' ? `${column} + 0e0` : column;
    const sql = `HEX(CONVERT(CAST(${exact} AS CHAR) USING utf8mb4)) AS ${as}`;
    return { name, sql, cell: (row) => nullOr(given(row, as), textCell) };
  }
  const set = charset.name;
  if (/^(utf8(mb[34])?|ascii)$/.test(set)) {
    const cell = (row: Record<string, unknown>) => nullOr(given(row, as), (hex) => textCell(hex, set));
    return { name, sql: `HEX(${column}) AS ${as}`, cell };
  }
  const text = `CONVERT(${column} USING utf8mb4)`;
  // what does not come back the same from Unicode is kept as its bytes
  const comesBack = `CAST(CONVERT(${text} USING ${set}) AS BINARY) = CAST(${column} AS BINARY)`;
  return {
    name,
    sql: `HEX(${text}) AS ${as}, IF(${comesBack}, NULL, HEX(${column})) AS ${as}b`,
    cell: (row) => {
      const bytes = given(row, `${as}b`);
      return bytes === null ? nullOr(given(row, as), textCell) : bytesCell(bytes, set);
    },
  };
}

function nullOr(hex: string | null, cell: (hex: string) => CellValue): CellValue {
  return hex === null ? null : cell(hex);
}
