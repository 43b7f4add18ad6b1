import { engineOf, ofTable } from './large-indexes.ts';
import type { MigrationStep } from './migration-step.ts';
import type { MysqlLink } from './mysql-database.ts';
import { type TableName, textLiteral } from './mysql-sql.ts';

/** A full-text index that words are looked up in, as InnoDB keeps it. */
export interface FullText {
  /** The shortest and the longest word that it knows. */
  minLength: number;
  maxLength: number;
}

/** The columns of the index, in its order. */
const columns = ['logname', 'logmessage', 'rawobj'] as const;
/** The condition that the index answers. */
export const fullTextColumns = columns.map((name) => `e.${name}`).join(', ');

/** InnoDB's own list of words that it leaves out. */
const stopwords = (
  'a about an are as at be by com de en for from how i in is it la of on or that the this to was what when where who ' +
  'will with und www'
).split(' ');

/** In a JSON text these letters stand for line ends and the like, and look like the beginning of the word after them. */
const glued = ['n', 'r', 't', 'b', 'f'];

/**
 * What to ask the index for, in its boolean mode, so that it gives every entry with these words, and perhaps others.
 * Undefined where it can help with none of them: too short, left out by it, or not made of letters that it knows.
 */
export function fullTextQuery(words: readonly string[], index: FullText): string | undefined {
  const asked = words.flatMap((word) => askedOf(word.toLowerCase(), index));
  return asked.length === 0 ? undefined : asked.join(' ');
}

function askedOf(word: string, { minLength, maxLength }: FullText): string[] {
  const known = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}0-9_]+$/u;
  return [...word.matchAll(/[\p{L}\p{N}\p{M}_]+/gu)].flatMap(({ 0: token, index }) => {
    const whole = index + token.length < word.length;
    const size = [...token].length;
    if (!known.test(token) || size < minLength || size > maxLength - 1) return [];
    if (stopwords.some((stopword) => (whole ? stopword === token : stopword.startsWith(token)))) return [];
    const end = whole ? '' : '*';
    const first = index === 0 ? glued.map((letter) => ` ${letter}${token}${end}`).join('') : '';
    return [first === '' ? `+${token}${end}` : `+(${token}${end}${first})`];
  });
}

/** Whether the table has the index. */
async function hasIndex(link: MysqlLink, table: TableName): Promise<boolean> {
  const rows = await link.query(`SELECT index_name AS name, GROUP_CONCAT(column_name ORDER BY seq_in_index) AS parts
FROM information_schema.statistics WHERE ${ofTable(table)} AND index_type = 'FULLTEXT' GROUP BY index_name`);
  return rows.some(({ parts }) => String(parts).toLowerCase() === columns.join(','));
}

/** The table's full-text index; undefined where it has none, or one that would not find what there is. */
export async function readFullText(link: MysqlLink, table: TableName): Promise<FullText | undefined> {
  if (!(await hasIndex(link, table))) return undefined;
  const [facts] = await link.query(`SELECT t.engine AS engine, @@innodb_ft_min_token_size AS shortest,
  @@innodb_ft_max_token_size AS longest, CONCAT(IFNULL(@@innodb_ft_server_stopword_table, ''), IFNULL(@@innodb_ft_user_stopword_table, '')) AS own
FROM information_schema.tables t WHERE ${ofTable(table)}`);
  const collations = await link.query(`SELECT collation_name AS collation FROM information_schema.columns
WHERE ${ofTable(table)} AND column_name IN (${columns.map(textLiteral).join(', ')})`);
  // a smaller character set has texts in the form \uXXXX, which the index takes for words
  const fit = collations.every(({ collation }) => /^utf8mb4_.*_ci$/i.test(String(collation)));
  if (String(facts?.['engine']).toLowerCase() !== 'innodb' || String(facts?.['own'] ?? '') !== '' || !fit)
    return undefined;
  return { minLength: Number(facts?.['shortest']), maxLength: Number(facts?.['longest']) };
}

/**
 * What there is to do for the index: one statement, during which the server lets nobody write to the table.
 *
 * @throws ActionlogError `table-missing`
 */
export async function fullTextSteps(link: MysqlLink, table: TableName, tenantColumn: string): Promise<MigrationStep[]> {
  await engineOf(link, table, tenantColumn);
  if (await hasIndex(link, table)) return [];
  return [
    {
      what: `full-text index (${columns.join(', ')}) of table ${table.name}; writers wait meanwhile`,
      sql: `ALTER TABLE ${table.quoted} ADD FULLTEXT INDEX search_text (${columns.join(', ')})`,
    },
  ];
}

/** Whether a statement failed because the index is gone. */
export function lacksFullText(error: unknown): boolean {
  return (error as { errno?: unknown } | null)?.errno === 1191;
}
