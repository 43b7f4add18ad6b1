import type { MysqlLink } from './mysql-database.ts';
import type { Numbering } from './mysql-insert.ts';
import { type TableName, textLiteral } from './mysql-sql.ts';

/** What there is to know of a server and a table beside the columns. */
export interface MysqlFacts {
  /** Whether texts go over the connection as they are, both ways. */
  utf8: boolean;
  numbering: Numbering;
  /** Whether a statement that fails leaves nothing behind. */
  atomic: boolean;
  /** The largest statement that the server takes. */
  maxPacketBytes: number;
}

/** Asks for them. */
export async function readFacts(link: MysqlLink, { schema, table }: TableName): Promise<MysqlFacts> {
  const [session] = await link.query(
    'SELECT VERSION() AS version, CAST(@@max_allowed_packet AS CHAR) AS packet, @@character_set_client AS sent, @@character_set_connection AS kept, @@character_set_results AS received',
  );
  const engines = await link.query(`SELECT engine AS engine FROM information_schema.tables
WHERE table_schema = ${schema === undefined ? 'DATABASE()' : textLiteral(schema)} AND table_name = ${textLiteral(table)}`);
  const told = (name: string) => String(session?.[name]);
  // without transactions a statement that fails leaves its first rows behind
  const atomic = engines.length > 0 && engines.every(({ engine }) => String(engine).toLowerCase() === 'innodb');
  return {
    utf8: link.own || ['sent', 'kept', 'received'].every((name) => told(name) === 'utf8mb4'),
    numbering: atomic ? numberingOf(told('version'), link) : 'alone',
    atomic,
    maxPacketBytes: Number(told('packet')) || 1_048_576,
  };
}

function numberingOf(version: string, link: MysqlLink): Numbering {
  const [, major, minor] = /(\d+)\.(\d+)\.\d+-mariadb/i.exec(version) ?? [];
  const returning = major !== undefined && (Number(major) > 10 || (Number(major) === 10 && Number(minor) >= 5));
  return returning ? 'returning' : link.hold ? 'increment' : 'alone';
}
