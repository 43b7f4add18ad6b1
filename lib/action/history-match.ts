import type { HistoryFilter } from './history-query.ts';
import type { Entry } from './store.ts';

/** What of an entry a filter's texts are compared with. */
type EntryTexts = Pick<Entry, 'rectype' | 'recid' | 'logname' | 'logmessage' | 'rawobj'>;

/** Scripts that are written without spaces: their words are looked for anywhere. */
const unspaced =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * Whether an entry is one that the filter asks for, all but its conditions on traced changes: what every store has to
 * answer. Pages are made of these, those with the largest `alogid` first.
 */
export function entryMatcher(filter: HistoryFilter): (entry: Entry) => boolean {
  const { gsid, userid, correlation, from, to, before } = filter;
  const holds = textMatcher(filter);
  return (entry) =>
    (entry.logmessage ?? '') !== '' &&
    (gsid === undefined || entry.gsid === gsid) &&
    (userid === undefined || entry.userid === userid) &&
    (correlation === undefined || entry.correlation === correlation) &&
    (from === undefined || entry.logdate >= from) &&
    (to === undefined || entry.logdate < to) &&
    (before === undefined || BigInt(entry.alogid) < BigInt(before)) &&
    holds(entry);
}

/**
 * Whether an entry holds what the filter's texts ask for: record, login name, words and pairs. Databases differ in
 * what they take for the same letter, so that they only choose what may hold it, and this decides.
 */
export function textMatcher({ rectype, recid, login, words, raw }: HistoryFilter): (entry: EntryTexts) => boolean {
  const begins = words.map(wordPattern);
  const name = login === undefined ? undefined : wholePattern(login);
  const pairs = raw.map(([key, value]) => [wholePattern(key), wholePattern(value)] as const);
  return (entry) => {
    if (rectype !== undefined && entry.rectype !== rectype) return false;
    if (recid !== undefined && entry.recid !== recid) return false;
    if (name && !name.test(entry.logname)) return false;
    if (begins.length > 0) {
      const texts = [entry.logmessage ?? '', entry.logname, ...forms(decoded(entry.rawobj))];
      if (!begins.every((word) => texts.some((text) => word.test(text)))) return false;
    }
    if (pairs.length === 0) return true;
    const own = pairsOf(entry.rawobj);
    return pairs.every(([key, value]) =>
      own.some(
        (pair) => forms(pair.key).some((text) => key.test(text)) && pair.values.some((text) => value.test(text)),
      ),
    );
  };
}

/** A word stands where a word of the text begins with it; what begins with a sign stands anywhere. */
function wordPattern(word: string): RegExp {
  const inside = /^[\p{L}\p{N}\p{M}_]/u.test(word) && !unspaced.test(word);
  return new RegExp(`${inside ? '(?<![\\p{L}\\p{N}\\p{M}_])' : ''}${escaped(word)}`, 'iu');
}

function wholePattern(text: string): RegExp {
  return new RegExp(`^${escaped(text)}$`, 'iu');
}

/** A text with this one anywhere in it, whatever the case of its letters. */
export function anywhere(text: string): RegExp {
  return new RegExp(escaped(text), 'iu');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

const signs = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
]);

/** A JSON text with what is escaped in it as it is meant. */
function decoded(json: string): string {
  if (!json.includes('\\')) return json;
  return json.replace(/\\(?:u([0-9a-fA-F]{4})|([^u]))/g, (_, code?: string, sign = '') =>
    code === undefined ? (signs.get(sign) ?? sign) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** A text of a raw object, also without the backslashes and `&quot;` that Gyroscope's rows have in it. */
function forms(text: string): string[] {
  const plain = text.replace(/\\(['"\\]|&quot;)/g, '$1').replaceAll('&quot;', '"');
  return plain === text ? [text] : [text, plain];
}

interface RawPair {
  key: string;
  /** The one value, in each form that it may be asked for. */
  values: string[];
}

/** What follows a key: a text, of which only the quote is taken, or another plain value. */
const value = /\s*:\s*(?:"|([^\s,"[\]{}]+))/y;

/** The pairs of a JSON text at any depth, numbers with all their digits. It takes one look at it, also where it is cut off. */
function pairsOf(json: string): RawPair[] {
  const pairs: RawPair[] = [];
  let begin = json.indexOf('"') + 1;
  while (begin > 0) {
    const key = json.slice(begin, textEnd(json, begin));
    value.lastIndex = begin + key.length + 1;
    let end = value.lastIndex;
    const found = value.exec(json);
    if (found) {
      end = found[1] === undefined ? textEnd(json, value.lastIndex) : value.lastIndex;
      pairs.push({ key: decoded(key), values: forms(decoded(found[1] ?? json.slice(value.lastIndex, end))) });
      if (found[1] === undefined) end += 1;
    }
    begin = json.indexOf('"', end) + 1;
  }
  return pairs;
}

/** Where a text in quotes ends that begins there. */
function textEnd(json: string, begin: number): number {
  for (let at = begin; at < json.length; at += 1) {
    if (json[at] === '"') return at;
    if (json[at] === '\\') at += 1;
  }
  return json.length;
}
