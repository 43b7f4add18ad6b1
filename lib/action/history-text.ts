import { type FullText, fullTextColumns, fullTextQuery } from './full-text.ts';
import type { HistoryFilter } from './history-query.ts';
import type { HistoryDialect } from './history-table.ts';
import { anything, around, jsonPatterns } from './text-pattern.ts';

/**
 * Conditions that hold for each entry with the filter's login name, words and pairs, and perhaps for others:
 * `textMatcher` decides. With a full-text index that knows the words, the database looks there first.
 */
export function textConditions(
  { login, words, raw }: HistoryFilter,
  { literal, matches }: HistoryDialect,
  fullText?: FullText,
): string[] {
  const where: string[] = [];
  const anyOf = (conditions: string[]) => where.push(`(${conditions.join(' OR ')})`);
  const asked = fullText && fullTextQuery(words, fullText);
  if (asked !== undefined) where.push(`MATCH (${fullTextColumns}) AGAINST (${literal(asked)} IN BOOLEAN MODE)`);
  if (login !== undefined) where.push(matches('e.logname', [login]));
  for (const word of words) {
    anyOf([
      ...['e.logmessage', 'e.logname'].map((column) => matches(column, around(word))),
      ...jsonPatterns(anything, word, anything).map((pattern) => matches('e.rawobj', pattern)),
    ]);
  }
  for (const [key, value] of raw) {
    const patterns = jsonPatterns(anything, key, anything, ':', anything, value, anything);
    anyOf(patterns.map((pattern) => matches('e.rawobj', pattern)));
  }
  return where;
}
