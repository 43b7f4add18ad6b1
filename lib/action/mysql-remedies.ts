import { codeOf } from './mysql-errors.ts';

const grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON name.* TO 'user'@'host'";

/** What to do about the failures that a new installation meets first, by the driver's code. */
const remedies = new Map([
  ['ECONNREFUSED', 'nothing listens there: is the database server running, are host and port right?'],
  ['ENOTFOUND', 'there is no such host: is the address right?'],
  ['ETIMEDOUT', 'nothing answers there: are host and port right, does a firewall stand between?'],
  ['ER_ACCESS_DENIED_ERROR', 'the server refuses this user and password: are both in the address, and right?'],
  ['ER_BAD_DB_ERROR', 'there is no such database: CREATE DATABASE, or correct the name in the address'],
  ['ER_DBACCESS_DENIED_ERROR', `there is no such database, or this user may not use it: ${grant}`],
  ['ER_TABLEACCESS_DENIED_ERROR', `this user may not do that with the table: ${grant}`],
]);

/** What to do about a failure where that is known, else where to look. */
export function remedyOf(cause: unknown): string {
  return remedies.get(codeOf(cause)) ?? 'see the cause';
}
