import type { Connection, RowDataPacket } from 'mysql2/promise';

/** The rows and index entries that the database looks at for a question that is asked on this connection. */
export async function rowsLookedAt(connection: Connection, question: () => Promise<unknown>): Promise<number> {
  await connection.query('FLUSH STATUS');
  await question();
  const [rows] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
  return rows.reduce((sum, row) => sum + Number(row['Value']), 0);
}
