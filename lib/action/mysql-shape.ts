import { ActionlogError } from '../errors.ts';
import type { Charset } from './charset.ts';
import { readCharsets } from './mysql-charsets.ts';
import type { MysqlLink } from './mysql-database.ts';
import { remedyOf } from './mysql-remedies.ts';
import { type TableName, textLiteral } from './mysql-sql.ts';
import { checkColumns } from './shape-check.ts';
import type { StoreNeeds } from './store.ts';
import type { IntegerColumn, TableShape, TextColumn } from './table-shape.ts';

/** A column as information_schema describes it. */
export interface MysqlColumn {
  name: string;
  /** `bigint`. */
  dataType: string;
  /** `bigint(20) unsigned`. */
  type: string;
  chars: string | null;
  octets: string | null;
  charset: Charset | undefined;
  collation: string;
  nullable: boolean;
  hasDefault: boolean;
  defaultText: string | null;
  extra: string;
}

/**
 * Reads a table's columns; an empty list where there is no such table.
 *
 * @throws ActionlogError `database-unreachable`
 */
export async function readColumns(link: MysqlLink, { name, schema, table }: TableName): Promise<MysqlColumn[]> {
  const sql = `SELECT table_name AS tableName, column_name AS name, data_type AS dataType, column_type AS type,
  CAST(character_maximum_length AS CHAR) AS chars, CAST(character_octet_length AS CHAR) AS octets,
  character_set_name AS charset, collation_name AS collation, is_nullable AS nullable, column_default AS defaultText, extra AS extra
FROM information_schema.columns
WHERE table_schema = ${schema === undefined ? 'DATABASE()' : textLiteral(schema)} AND table_name = ${textLiteral(table)}
ORDER BY ordinal_position`;
  try {
    const rows = await link.query(sql);
    // the comparison knows no case, and a server may have tables whose names differ by it alone
    const exact = rows.filter((row) => row['tableName'] === table);
    const found = exact.length > 0 ? exact : rows;
    const charsets = await readCharsets(link, new Set(found.map((row) => lowerText(row['charset']))));
    return found.map((row) => columnOf(row, charsets));
  } catch (cause) {
    const message = `${link.name} cannot be asked for the columns of table ${name}; ${remedyOf(cause)}`;
    throw new ActionlogError('database-unreachable', message, { cause, fields: { table: name } });
  }
}

function lowerText(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}

function columnOf(row: Record<string, unknown>, charsets: ReadonlyMap<string, Charset>): MysqlColumn {
  const text = (name: string) => (row[name] === null || row[name] === undefined ? null : String(row[name]));
  return {
    name: text('name') ?? '',
    dataType: (text('dataType') ?? '').toLowerCase(),
    type: text('type') ?? '',
    chars: text('chars'),
    octets: text('octets'),
    charset: charsets.get(lowerText(row['charset'])),
    collation: lowerText(row['collation']),
    nullable: text('nullable') === 'YES',
    hasDefault: row['defaultText'] !== null,
    defaultText: text('defaultText'),
    extra: (text('extra') ?? '').toLowerCase(),
  };
}

/**
 * What the store can do with the table.
 *
 * @throws ActionlogError `table-missing` or `table-unfit`, with the remedy
 */
export function mysqlShape(columns: MysqlColumn[], name: string, tenantColumn: string, needs: StoreNeeds): TableShape {
  const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  return checkColumns({
    table: name,
    tenantColumn,
    needs,
    found: columns.length > 0,
    columns: (columnName) => {
      const column = byName.get(columnName.toLowerCase());
      if (!column) return undefined;
      const { nullable, type, collation } = column;
      return { type, nullable, exact: collation.endsWith('bin'), fit: integerColumn(column) ?? textColumn(column) };
    },
    numbersRows: (columnName) => byName.get(columnName)?.extra.includes('auto_increment') === true,
    fills: columns
      .filter((column) => !column.nullable && !column.hasDefault)
      .filter(({ extra }) => !/auto_increment|generated/.test(extra))
      .map((column) => column.name),
  });
}

const integerBits = new Map([
  ['tinyint', 8n],
  ['smallint', 16n],
  ['mediumint', 24n],
  ['int', 32n],
  ['bigint', 64n],
]);

function integerColumn({ dataType, type }: MysqlColumn): IntegerColumn | undefined {
  const bits = integerBits.get(dataType);
  if (bits === undefined) return undefined;
  if (/unsigned/i.test(type)) return { kind: 'integer', type, min: 0n, max: 2n ** bits - 1n };
  return { kind: 'integer', type, min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n };
}

/** Nothing that we write into a text column of this kind is longer. */
const most = 16_777_215;

function textColumn({ dataType, type, chars, octets, charset }: MysqlColumn): TextColumn | undefined {
  if (!/^(char|varchar|tinytext|text|mediumtext|longtext)$/.test(dataType) || !charset) return undefined;
  if (charset.name === 'swe7') return undefined; // it has no braces: no JSON
  const maxBytes = Math.min(Number(octets ?? 0), most);
  // the texts are bounded by bytes alone; their length in characters is not the same number on all servers
  const maxChars = dataType.endsWith('char') ? Number(chars ?? 0) : maxBytes;
  return {
    kind: 'text',
    type: `${type} (${charset.name})`,
    maxChars,
    maxBytes,
    charset,
    trims: dataType === 'char',
  };
}
