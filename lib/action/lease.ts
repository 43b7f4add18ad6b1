import { ActionlogError } from '../errors.ts';
import { migrateCommand } from './migrate-command.ts';
import { parseTableName, type TableName, textLiteral } from './mysql-sql.ts';
import { integerLiteral } from './sql.ts';

/** How one database takes a lease. */
interface LeaseDialect {
  /** A text as a literal. */
  literal(text: string): string;
  /** Reads the database's own clock: Unix time in seconds, which no change to summer time touches. */
  now: string;
  /** What follows `INSERT … VALUES …`, given the literals of the holder and of the end. */
  onConflict(holder: string, until: string): string;
}

const mysqlNow = 'UNIX_TIMESTAMP()';
const sqliteNow = "CAST(strftime('%s', 'now') AS INTEGER)";

export const mysqlLease: LeaseDialect = {
  literal: textLiteral,
  now: mysqlNow,
  // MySQL assigns from left to right: the second expression sees who has the lease by then
  onConflict: (holder, until) =>
    `ON DUPLICATE KEY UPDATE holder = IF(expires <= ${mysqlNow} OR holder = ${holder}, ${holder}, holder), expires = IF(holder = ${holder}, ${until}, expires)`,
};

export const sqliteLease: LeaseDialect = {
  literal: (text) => `CAST(X'${Buffer.from(text).toString('hex')}' AS TEXT)`,
  now: sqliteNow,
  onConflict: (holder, until) =>
    `ON CONFLICT (name) DO UPDATE SET holder = ${holder}, expires = ${until} WHERE expires <= ${sqliteNow} OR holder = ${holder}`,
};

/** The name of the table of leases beside a log's table, cut to what a name may be. */
export function leaseTableOf(table: string): string {
  return `${table.slice(0, 58)}_lease`;
}

/** The table of leases in MySQL: in the schema of the log's table. */
export function mysqlLeaseTable({ schema, table }: TableName): TableName {
  return parseTableName([...(schema === undefined ? [] : [schema]), leaseTableOf(table)].join('.'));
}

/** The statement that creates it, for MySQL and SQLite alike. */
export function leaseTableSql(quoted: string): string {
  return `CREATE TABLE IF NOT EXISTS ${quoted} (
  name varchar(32) NOT NULL,
  holder varchar(64) NOT NULL,
  expires bigint NOT NULL,
  PRIMARY KEY (name)
)`;
}

/** What a {@link Lease} works with. */
export interface LeaseOptions {
  dialect: LeaseDialect;
  /** The lease table's quoted name. */
  quoted: string;
  /** The log's table, for messages. */
  table: string;
  /** Its tenant column, for messages. Default `gsid`. */
  tenantColumn?: string | undefined;
  /** What it is the right to. Default `announcer`. */
  right?: 'announcer' | 'prune' | undefined;
  query(sql: string): Promise<Record<string, unknown>[]>;
}

/** The one right to announce a table's entries, or to prune them: a row that runs out by the database's clock, not by anybody's own. */
export class Lease {
  readonly #options: LeaseOptions;
  /** The row's name as a literal. */
  readonly #right: string;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#right = `'${options.right ?? 'announcer'}'`;
  }

  /**
   * Takes or renews it. Resolves with whether it is the holder's now.
   *
   * @throws ActionlogError `lease-missing` or `database-unreachable`
   */
  async take(holder: string, leaseMs: number): Promise<boolean> {
    const { dialect, quoted } = this.#options;
    const name = dialect.literal(holder);
    const until = `${dialect.now} + ${integerLiteral(String(Math.ceil(leaseMs / 1000)))}`;
    const rows = await this.#told(async (query) => {
      await query(
        `INSERT INTO ${quoted} (name, holder, expires) VALUES (${this.#right}, ${name}, ${until}) ${dialect.onConflict(name, until)}`,
      );
      return await query(`SELECT holder FROM ${quoted} WHERE name = ${this.#right}`);
    });
    return String(rows[0]?.['holder']) === holder;
  }

  /** Gives it back, so that the next one need not wait for its end. Nothing happens where it is somebody else's. */
  async release(holder: string): Promise<void> {
    const { dialect, quoted } = this.#options;
    await this.#told((query) =>
      query(
        `UPDATE ${quoted} SET holder = '', expires = 0 WHERE name = ${this.#right} AND holder = ${dialect.literal(holder)}`,
      ),
    );
  }

  /** The database's own clock, Unix time in milliseconds, to the second. @throws ActionlogError `database-unreachable` */
  async now(): Promise<number> {
    const [row] = await this.#told((query) => query(`SELECT ${this.#options.dialect.now} AS now`));
    return Number(row?.['now']) * 1000;
  }

  async #told<T>(statements: (query: LeaseOptions['query']) => Promise<T>): Promise<T> {
    const { table, tenantColumn = 'gsid', query } = this.#options;
    try {
      return await statements(query);
    } catch (cause) {
      const missing = /ER_NO_SUCH_TABLE|no such table/.test(`${codeOf(cause)} ${(cause as Error | null)?.message}`);
      const message = missing
        ? `table ${leaseTableOf(table)} is missing, by which servers agree who announces what is left over: until it is there nobody does; run: ${migrateCommand(table, tenantColumn)}`
        : `the lease of table ${table} cannot be read or taken; see the cause`;
      throw new ActionlogError(missing ? 'lease-missing' : 'database-unreachable', message, {
        cause,
        fields: { table: leaseTableOf(table) },
      });
    }
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}
