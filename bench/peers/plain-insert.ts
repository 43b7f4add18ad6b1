import { createPool, type ResultSetHeader } from 'mysql2/promise';

/** What an application without this package would put into the same table. */
export interface PlainEntry {
  userid: number;
  gsid: number;
  login: string;
  message: string;
  rawobj: unknown;
  rectype: string;
  recid: number;
}

const sql =
  'INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, sid, rectype, recid, wssdone, bulldozed) ' +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** The plain way to write a row: `pool.execute` for each, on mysql2's own pool of 10. */
export function plainInsert(url: string) {
  const pool = createPool({ uri: url, connectionLimit: 10 });
  return {
    /** Resolves with the row's id. */
    async write({ userid, gsid, login, message, rawobj, rectype, recid }: PlainEntry): Promise<number> {
      const logdate = Math.floor(Date.now() / 1000);
      const params = [gsid, userid, login, message, JSON.stringify(rawobj), logdate, 0, rectype, recid, 1, 0];
      const [{ insertId }] = await pool.execute<ResultSetHeader>(sql, params);
      return insertId;
    },
    close: () => pool.end(),
  };
}
