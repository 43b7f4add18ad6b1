import { ActionlogError } from '../errors.ts';
import type { Revocation } from '../session/revocations.ts';
import { saysMissingTable } from './missing-table.ts';
import { parseTableName, type TableName } from './mysql-sql.ts';
import { integerLiteral } from './sql.ts';

/** What differs between the databases. */
interface RevokedDialect {
  /** What follows `INSERT … VALUES …` where the user is there already: the later moment stays. */
  onConflict: (at: string) => string;
}

export const mysqlRevoked: RevokedDialect = {
  onConflict: (at) => `ON DUPLICATE KEY UPDATE revokedat = GREATEST(revokedat, ${at})`,
};

export const sqliteRevoked: RevokedDialect = {
  onConflict: (at) => `ON CONFLICT (gsid, userid) DO UPDATE SET revokedat = MAX(revokedat, ${at})`,
};

/** The name of the table of revocations beside a log's table, cut to what a name may be. */
export function revokedTableOf(table: string): string {
  return `${table.slice(0, 56)}_revoked`;
}

/** The table of revocations in MySQL: in the schema of the log's table. */
export function mysqlRevokedTable({ schema, table }: TableName): TableName {
  return parseTableName([...(schema === undefined ? [] : [schema]), revokedTableOf(table)].join('.'));
}

/** The statement that creates it. Ids are bytes, which no collation takes for others. */
export function revokedTableSql(quoted: string, idType: 'varbinary(764)' | 'blob'): string {
  return `CREATE TABLE IF NOT EXISTS ${quoted} (
  gsid ${idType} NOT NULL,
  userid ${idType} NOT NULL,
  revokedat bigint NOT NULL,
  PRIMARY KEY (gsid, userid)
)`;
}

/** What a {@link Revoked} works with. */
export interface RevokedOptions {
  dialect: RevokedDialect;
  /** The table's quoted name. */
  quoted: string;
  /** The table's name, for messages. */
  table: string;
  /** The command that makes it where it is missing. */
  migrate: string;
  query(sql: string): Promise<Record<string, unknown>[]>;
}

const bytes = (text: string) => `X'${Buffer.from(text.toWellFormed()).toString('hex')}'`;
const textOf = (hex: unknown) => Buffer.from(String(hex), 'hex').toString();

/** The stored revocations: one row for each user who was ever revoked. */
export class Revoked {
  readonly #options: RevokedOptions;

  constructor(options: RevokedOptions) {
    this.#options = options;
  }

  /**
   * Keeps a revocation; of several of one user the latest stays.
   *
   * @throws ActionlogError `table-missing`, with the remedy, or `database-unreachable`
   */
  async keep({ gsid, userid, at }: Revocation): Promise<void> {
    const { quoted, dialect, query, table, migrate } = this.#options;
    const time = integerLiteral(String(at));
    try {
      await query(
        `INSERT INTO ${quoted} (gsid, userid, revokedat) VALUES (${bytes(gsid)}, ${bytes(userid)}, ${time}) ${dialect.onConflict(time)}`,
      );
    } catch (cause) {
      if (!saysMissingTable(cause)) throw this.#unreachable(cause);
      const message = `there is no table ${table}, in which revocations are kept; run: ${migrate}`;
      throw new ActionlogError('table-missing', message, { cause, fields: { table } });
    }
  }

  /**
   * The revocations of that moment and later, Unix time in milliseconds; none where the table is not there, since nobody
   * can have kept one.
   *
   * @throws ActionlogError `database-unreachable`
   */
  async since(time: number): Promise<Revocation[]> {
    const { quoted, query } = this.#options;
    try {
      const rows = await query(
        `SELECT HEX(gsid) AS gsid, HEX(userid) AS userid, revokedat FROM ${quoted} WHERE revokedat >= ${integerLiteral(String(time))}`,
      );
      return rows.map((row) => ({
        gsid: textOf(row['gsid']),
        userid: textOf(row['userid']),
        at: Number(row['revokedat']),
      }));
    } catch (cause) {
      if (saysMissingTable(cause)) return [];
      throw this.#unreachable(cause);
    }
  }

  #unreachable(cause: unknown): ActionlogError {
    if (cause instanceof ActionlogError) return cause;
    const { table } = this.#options;
    const message = `table ${table} cannot be read or written; see the cause`;
    return new ActionlogError('database-unreachable', message, { cause, fields: { table } });
  }
}
