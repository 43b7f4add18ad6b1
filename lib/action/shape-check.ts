import { ActionlogError } from '../errors.ts';
import { migrateCommand } from './migrate-command.ts';
import type { StoreNeeds } from './store.ts';
import {
  addedColumns,
  type ColumnName,
  type Columns,
  columnNames,
  type IdColumn,
  optionalColumns,
  type TableShape,
} from './table-shape.ts';

/** A column as its database describes it. */
interface FoundColumn {
  type: string;
  nullable: boolean;
  /** Whether the database compares its texts character by character; of no concern for numbers. */
  exact: boolean;
  /** Undefined where its type is neither whole numbers nor text. */
  fit: IdColumn | undefined;
}

/** A table as its database describes it. */
export interface FoundTable {
  table: string;
  tenantColumn: string;
  needs: StoreNeeds;
  /** Whether there is such a table. */
  found: boolean;
  columns(name: string): FoundColumn | undefined;
  /** Whether the database numbers new rows in that column. */
  numbersRows(name: string): boolean;
  /** Columns that every INSERT must fill. */
  fills: readonly string[];
}

/** What each column must be. */
const kinds: Record<ColumnName, 'integer' | 'text' | 'id'> = {
  ...{ gsid: 'id', userid: 'id', logname: 'text', logmessage: 'text', rawobj: 'text', logdate: 'integer' },
  ...{ sid: 'integer', rectype: 'text', recid: 'id', wssdone: 'integer', bulldozed: 'integer', recref: 'text' },
  ...{ extra: 'text', ctxid: 'integer', announcedat: 'integer', correlation: 'text' },
};

const mayBeNull: readonly ColumnName[] = ['logmessage', ...addedColumns];

/**
 * Compares a table with what the store needs.
 *
 * @throws ActionlogError `table-missing` or `table-unfit`, naming the column, what it is, what is needed, and the remedy
 */
export function checkColumns(found: FoundTable): TableShape {
  const { table, tenantColumn, needs } = found;
  const migrateRemedy = `run: ${migrateCommand(table, tenantColumn)}`;
  if (!found.found) {
    throw new ActionlogError('table-missing', `there is no table ${table}; ${migrateRemedy}`, { fields: { table } });
  }
  const columns: Partial<Record<ColumnName, IdColumn>> = {};
  for (const name of columnNames) {
    const columnName = name === 'gsid' ? tenantColumn : name;
    const column = found.columns(columnName);
    if (!column) {
      const added = addedColumns.includes(name);
      if (optionalColumns.includes(name) || (added && !needs.rebuildsEvents)) continue;
      throw unfit(
        table,
        columnName,
        'missing',
        needed(name),
        added ? migrateRemedy : 'name an action log of your own by the option table',
      );
    }
    if (needs.writes === false && (name === 'rawobj' || name === 'logmessage')) continue;
    // somebody's own column of that name is left to him
    if (name === 'correlation' && (column.fit?.kind !== 'text' || !column.nullable)) continue;
    if (!column.fit || (kinds[name] !== 'id' && kinds[name] !== column.fit.kind)) {
      throw unfit(table, columnName, column.type, needed(name), remedyFor(name, column));
    }
    if ((name === 'gsid' || name === 'userid') && column.fit.kind === 'text' && !column.exact) {
      const remedy = `run: ${migrateCommand(table, tenantColumn, ' --ids text')}`;
      throw unfit(
        table,
        columnName,
        `${column.type} that takes A for a`,
        'text in a binary collation, since tenants must not mix',
        remedy,
      );
    }
    if (mayBeNull.includes(name) && !column.nullable) {
      throw unfit(table, columnName, `${column.type} not null`, `${needed(name)} that may be null`, 'let it be null');
    }
    columns[name] = column.fit;
  }
  if (!found.numbersRows('alogid')) {
    const type = found.columns('alogid')?.type ?? 'missing';
    throw unfit(
      table,
      'alogid',
      type,
      'a number that the database gives',
      'make it auto_increment and the primary key',
    );
  }
  const own = new Set(['alogid', tenantColumn.toLowerCase(), ...columnNames.slice(1).filter((name) => columns[name])]);
  for (const name of needs.writes === false ? [] : found.fills) {
    if (own.has(name.toLowerCase())) continue;
    throw unfit(table, name, 'not null without a default', 'a default, since the log does not know it', 'give it one');
  }
  return { table, columns: columns as Columns };
}

function needed(name: ColumnName): string {
  if (kinds[name] === 'id') return 'whole numbers or text';
  return kinds[name] === 'integer' ? 'whole numbers' : 'text';
}

function remedyFor(name: ColumnName, { fit }: FoundColumn): string {
  if (name === 'rawobj' && fit?.kind === 'integer') {
    return "Gyroscope's use_doc_search keeps the JSON in a full-text index instead: switch it off and make the column text, or name an action log of your own by the option table";
  }
  return 'change its type, or name an action log of your own by the option table';
}

function unfit(table: string, column: string, is: string, needs: string, remedy: string): ActionlogError {
  const message = `table ${table}: column ${column} is ${is}, needed is ${needs}; ${remedy}`;
  return new ActionlogError('table-unfit', message, { fields: { table, column, is, needs } });
}
