import { setTimeout as sleep } from 'node:timers/promises';
import { ActionlogError } from '../errors.ts';

/** What the package needs of libsql, or of another driver with better-sqlite3's interface. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

interface SqliteStatement {
  /** Whether it gives rows. */
  reader?: boolean;
  run(params: SqliteValue[]): unknown;
  all(params: SqliteValue[]): unknown[];
}

export type SqliteValue = string | number | null;

/** Loads the driver. */
export type LoadSqlite = () => Promise<{ default: new (file: string) => SqliteDatabase }>;

const loadLibsql: LoadSqlite = async () => (await import('libsql')) as unknown as Awaited<ReturnType<LoadSqlite>>;

/** How long a statement waits for another process that writes. */
const busyTimeoutMs = 5000;
const busyPauseMs = 10;
/** Most statements that are kept prepared. */
const maxStatements = 20;

/** A row was refused, and with it all that went together with it: none of them stands. */
export class RefusedRow extends Error {
  constructor(cause: unknown) {
    super('a row was refused', { cause });
  }
}

/** A SQLite file with its one connection. Statements wait for other processes without holding up this one. */
export class SqliteLink {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();
  /** Whose transaction is open on this link; the statements of others wait as they would for another process. */
  #owner: object | undefined;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /**
   * Opens a file, makes it where there is none, and has it write durably.
   *
   * @throws ActionlogError `driver-missing` or `database-unreachable`
   */
  static async open(file: string, load: LoadSqlite = loadLibsql): Promise<SqliteLink> {
    let driver: Awaited<ReturnType<LoadSqlite>>;
    try {
      driver = await load();
    } catch (cause) {
      throw new ActionlogError('driver-missing', 'SQLite needs a driver; run: npm install libsql', { cause });
    }
    let link: SqliteLink | undefined;
    try {
      link = new SqliteLink(new driver.default(file));
      // the driver's own way of waiting blocks the whole process, so it must not wait itself
      await link.all('PRAGMA busy_timeout = 0');
      await link.all('PRAGMA journal_mode = WAL');
      await link.all('PRAGMA synchronous = FULL');
      return link;
    } catch (cause) {
      link?.close();
      const message = `the SQLite file ${file} cannot be opened; see the cause`;
      throw new ActionlogError('database-unreachable', message, { cause, fields: { file } });
    }
  }

  async all(sql: string, params: SqliteValue[] = []): Promise<Record<string, unknown>[]> {
    return await this.#patiently(() => this.#database.prepare(sql).all(params) as Record<string, unknown>[]);
  }

  async run(sql: string, params: SqliteValue[] = []): Promise<void> {
    await this.#patiently(() => this.#database.prepare(sql).run(params));
  }

  /** Writes one row, and gives its number. */
  async insert(sql: string, params: SqliteValue[]): Promise<string> {
    return await this.#patiently(() => this.#insert(this.#prepared(sql), params));
  }

  /**
   * Writes rows in one transaction, all or none. What a row was refused for is thrown as a {@link RefusedRow}: then none
   * stands for certain.
   *
   * @param work given what inserts a row and gives its number
   */
  async insertAll<T>(work: (insert: (sql: string, params: SqliteValue[]) => string) => T): Promise<T> {
    return await this.#patiently(() => {
      this.#prepared('BEGIN IMMEDIATE').run([]);
      try {
        const result = this.#untilRefused(() => work((sql, params) => this.#insert(this.#prepared(sql), params)));
        this.#prepared('COMMIT').run([]);
        return result;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  #insert(statement: SqliteStatement, params: SqliteValue[]): string {
    statement.run(params);
    const [row] = this.#prepared('SELECT CAST(last_insert_rowid() AS TEXT) AS id').all([]);
    return String((row as { id: unknown }).id);
  }

  #untilRefused<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const code = String((error as { code?: unknown } | null)?.code);
      throw /^SQLITE_(BUSY|FULL|IOERR|CORRUPT|NOTADB|READONLY|NOMEM)/.test(code) ? error : new RefusedRow(error);
    }
  }

  #rollBack(): void {
    try {
      this.#prepared('ROLLBACK').run([]);
    } catch {
      // the failure has ended the transaction already
    }
  }

  /** Statements of our own are prepared once; there are but a few texts of them. */
  #prepared(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    if (this.#statements.size >= maxStatements) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Begins a transaction that is the owner's alone. */
  async begin(owner: object): Promise<void> {
    await this.#patiently(() => {
      this.#database.prepare('BEGIN IMMEDIATE').run([]);
      this.#owner = owner;
    });
  }

  /** Runs one statement in the owner's transaction. Gives rows, or `{ insertId, affectedRows }`. */
  async statement(sql: string, params: SqliteValue[], owner: object): Promise<unknown> {
    return await this.#patiently(() => {
      const statement = this.#database.prepare(sql);
      if (statement.reader) return statement.all(params);
      const { changes } = statement.run(params) as { changes?: number };
      const [row] = this.#database.prepare('SELECT CAST(last_insert_rowid() AS TEXT) AS id').all([]);
      return { insertId: String((row as { id: unknown }).id), affectedRows: changes ?? 0 };
    }, owner);
  }

  /** Ends the owner's transaction by COMMIT or ROLLBACK; one that cannot be committed is rolled back. */
  async end(sql: string, owner: object): Promise<void> {
    try {
      await this.#patiently(() => this.#database.prepare(sql).run([]), owner);
    } catch (error) {
      await this.#patiently(() => this.#database.prepare('ROLLBACK').run([]), owner).catch(() => undefined); // none is open
      throw error;
    } finally {
      if (this.#owner === owner) this.#owner = undefined;
    }
  }

  close(): void {
    this.#database.close();
  }

  /** A statement that finds the file locked has done nothing yet, so it may be tried again. */
  async #patiently<T>(statement: () => T, owner?: object): Promise<T> {
    const until = performance.now() + busyTimeoutMs;
    for (;;) {
      try {
        if (this.#owner !== undefined && this.#owner !== owner) throw inTransaction();
        return statement();
      } catch (error) {
        const busy = String((error as { code?: unknown } | null)?.code).startsWith('SQLITE_BUSY');
        if (!busy || performance.now() >= until) throw error;
        await sleep(busyPauseMs);
      }
    }
  }
}

function inTransaction(): Error {
  return Object.assign(new Error('another transaction is open on this connection'), { code: 'SQLITE_BUSY' });
}
