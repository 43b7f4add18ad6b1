import { type IdType, schemaSql } from '../../lib/action/schema.ts';
import type { TestDatabase } from '../support/mariadb.ts';

/** Gyroscope's own table, in a character set of the test's choice. */
export function gyroscopeTable(charset = 'utf8mb4', name = 'actionlog'): string {
  return `CREATE TABLE ${name} (
  alogid bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  gsid bigint unsigned NOT NULL,
  userid bigint unsigned NOT NULL,
  logname varchar(255),
  logmessage varchar(255),
  rawobj text,
  logdate bigint,
  sid int unsigned NOT NULL DEFAULT 0,
  rectype varchar(255) NOT NULL DEFAULT '',
  recid bigint unsigned NOT NULL DEFAULT 0,
  wssdone tinyint unsigned NOT NULL DEFAULT 0,
  bulldozed tinyint unsigned NOT NULL DEFAULT 0,
  KEY logdate (logdate), KEY userid (userid), KEY wssdone (wssdone), KEY bulldozed (bulldozed), KEY gsid (gsid), KEY recid (recid)
) ENGINE=InnoDB DEFAULT CHARACTER SET ${charset}`;
}

/** Our own table. */
export async function createOurs(database: TestDatabase, ids: IdType = 'bigint'): Promise<void> {
  await database.query(schemaSql('mysql', '`actionlog`', 'gsid', ids));
}

/** The columns of Gyroscope's table in the order of its recordings. */
export const gyroscopeColumns =
  'gsid, userid, logname, logmessage, logdate, sid, rectype, recid, wssdone, bulldozed, rawobj';
