import type { RowsForm, RowValues } from '../action/insert.ts';
import { insertedId } from '../action/inserted-id.ts';
import { migrateCommand } from '../action/migrate-command.ts';
import type { CallerStatements } from '../action/mysql-database.ts';
import { parseTableName } from '../action/mysql-sql.ts';
import { MysqlCallerWriter } from '../action/mysql-together.ts';
import { mysqlTraceTable, traceForm } from '../action/trace-table.ts';
import { insertOnCallers, NoInsertId } from '../action/write-together.ts';
import { ActionlogError } from '../errors.ts';

const table = parseTableName('actionlog');
const traceTable = mysqlTraceTable(table);
const trace = traceForm(traceTable.quoted);
const migrate = migrateCommand(table.name, 'gsid');
/** As of a server whose packets are as large as the default. */
const maxListBytes = 15_000_000;

/**
 * Inserts entries on a caller's own connection. Several together, and such with changed columns, go by the statements that
 * the store of MySQL makes there, so that a connection that cannot do them is found out.
 *
 * @returns their ids, in order
 * @throws ActionlogError `entry-not-written`, `table-missing`
 */
export async function insertOnTheirs(
  theirs: CallerStatements,
  form: RowsForm,
  rows: readonly { values: RowValues; trace: RowValues[] }[],
): Promise<string[]> {
  const [only] = rows;
  try {
    if (only && rows.length === 1 && only.trace.length === 0) {
      const { sql, params } = form.statement([only.values], false); // every database takes it
      const alogid = insertedId(await theirs.execute(sql, params));
      if (alogid === undefined) throw new NoInsertId(true);
      return [alogid];
    }
    const writer = new MysqlCallerWriter(theirs, table.quoted);
    const how = { form, trace, traceTable, migrate, maxListBytes };
    return await insertOnCallers(writer, rows, how, [traceTable.quoted, table.quoted]);
  } catch (cause) {
    if (cause instanceof ActionlogError) throw cause;
    if (cause instanceof NoInsertId) throw notWritten(cause.message);
    throw notWritten('the connection that was passed in refused it; see the cause', cause);
  }
}

/** An entry that is not there. */
export function notWritten(why: string, cause?: unknown): ActionlogError {
  const message = `an entry was not written to the memory of this test: ${why}`;
  return new ActionlogError('entry-not-written', message, { cause, fields: { table: table.name } });
}
