import type { User } from 'express-actionlog';
import type { Selectable } from 'kysely';
import type { Database, UserTable } from '../database.ts';
import { checkPassword } from '../passwords.ts';

type UserRow = Selectable<UserTable>;

/** A user as pages show one: without the password. */
export interface UserView {
  id: number;
  login: string;
  dispname: string;
  groups: string[];
}

const view = (row: UserRow): UserView => ({
  id: row.id,
  login: row.login,
  dispname: row.dispname,
  groups: row.groupnames.split('|'),
});

/** What the session is told of a user. */
const account = (row: UserRow): User => ({
  userid: row.id,
  gsid: row.gsid,
  login: row.login,
  dispname: row.dispname,
  groups: row.groupnames.split('|'),
});

/** The users, of one tenant at a time. */
export class UserRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The user whose login and password these are. */
  async authenticate(login: string, password: string): Promise<User | undefined> {
    const row = await this.#db.selectFrom('sample_users').selectAll().where('login', '=', login).executeTakeFirst();
    const right = await checkPassword(password, row?.password);
    return row && right ? account(row) : undefined;
  }

  async account(gsid: string, id: string): Promise<User | undefined> {
    const row = await this.#find(gsid, id);
    return row && account(row);
  }

  async find(gsid: string, id: string): Promise<UserView | undefined> {
    const row = await this.#find(gsid, id);
    return row && view(row);
  }

  async list(gsid: string): Promise<UserView[]> {
    const rows = await this.#db
      .selectFrom('sample_users')
      .selectAll()
      .where('gsid', '=', Number(gsid))
      .orderBy('login')
      .execute();
    return rows.map(view);
  }

  /** Display names by user id, to show who did what. */
  async names(gsid: string): Promise<Map<string, string>> {
    return new Map((await this.list(gsid)).map((user) => [String(user.id), user.dispname]));
  }

  async rename(gsid: string, id: number, dispname: string): Promise<void> {
    await this.#db
      .updateTable('sample_users')
      .set({ dispname })
      .where('gsid', '=', Number(gsid))
      .where('id', '=', id)
      .execute();
  }

  #find(gsid: string, id: string): Promise<UserRow | undefined> {
    return this.#db
      .selectFrom('sample_users')
      .selectAll()
      .where('gsid', '=', Number(gsid))
      .where('id', '=', Number(id))
      .executeTakeFirst();
  }
}
