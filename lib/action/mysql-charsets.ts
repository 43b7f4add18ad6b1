import { type Charset, charsetOf, isKnownCharset, singleByteCharset } from './charset.ts';
import type { MysqlLink } from './mysql-database.ts';

const bytes = Array.from({ length: 128 }, (_, index) => index + 128);
const pairs = (hex: string) => hex.match(/../g) ?? [];

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
  const upper = Buffer.from(bytes).toString('hex');
  // byte by byte, so that a byte without a character does not shift the ones after it
  const converted = bytes.map((byte) => {
    const text = `CONVERT(CONVERT(X'${byte.toString(16)}' USING ${name}) USING utf8mb4)`;
    return `HEX(${text}), '/', HEX(CONVERT(${text} USING ${name}))`;
  });
  const [row] = await link.query(`SELECT CONCAT_WS(' ', ${converted.join(', ')}) AS chars`);
  const told = String(row?.['chars']).split(' ');
  const held = pairs(upper).filter((byte, index) => told[3 * index + 2]?.toLowerCase() === byte);
  const chars = held.map((byte) => Buffer.from(told[3 * pairs(upper).indexOf(byte)] ?? '', 'hex').toString());
  return singleByteCharset(name, chars.join(''));
}
