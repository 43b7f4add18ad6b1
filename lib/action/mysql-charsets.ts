import { type Charset, charsetOf, isKnownCharset, singleByteCharset } from './charset.ts';
import type { MysqlLink } from './mysql-database.ts';

/**
 * What the columns' character sets hold. Those of one byte are asked of the server, since its tables are not Node's: a
 * character that it refuses would cost the entry. Others that are not of Unicode are taken for ASCII.
 */
export async function readCharsets(link: MysqlLink, names: ReadonlySet<string>): Promise<Map<string, Charset>> {
  const charsets = new Map<string, Charset>();
  for (const name of names) {
    // names come from the server's own catalogue; the check is for the statement below
    if (!/^\w+$/.test(name)) continue;
    charsets.set(name, isKnownCharset(name) ? charsetOf(name) : await askedCharset(link, name));
  }
  return charsets;
}

async function askedCharset(link: MysqlLink, name: string): Promise<Charset> {
  const [set] = await link.query(
    `SELECT maxlen AS bytes FROM information_schema.character_sets WHERE character_set_name = '${name}'`,
  );
  if (Number(set?.['bytes']) !== 1) return charsetOf(name);
  // a byte counts where it becomes a character and that one becomes the byte again
  const chars = Array.from({ length: 128 }, (_, index) => {
    const byte = (index + 128).toString(16).toUpperCase();
    const text = `CONVERT(CONVERT(X'${byte}' USING ${name}) USING utf8mb4)`;
    return `IF(HEX(CONVERT(${text} USING ${name})) = '${byte}', HEX(${text}), '')`;
  });
  const [row] = await link.query(`SELECT CONCAT(${chars.join(', ')}) AS chars`);
  return singleByteCharset(name, Buffer.from(String(row?.['chars']), 'hex').toString());
}
