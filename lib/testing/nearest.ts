import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { type Comparable, type Difference, differences, type Expected } from './expected.ts';

/** What a failure message shows of an entry or event. */
export interface Shown extends Comparable {
  alogid: string | undefined;
}

/** How many of the nearest are shown. */
const shown = 3;
/** The longest value that is shown, in characters. */
const maxValue = 160;

const show = (value: unknown) => {
  const text = inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength: maxValue });
  return text.length <= maxValue ? text : `${text.slice(0, maxValue)}…`;
};

/**
 * The failure of an assertion that looked for one, with what comes nearest to it.
 *
 * @param what `entry` or `event`
 * @param all what there was, oldest first
 * @param notes what else may explain it
 * @param stackStart the function whose callers are to stand on top of the stack
 */
export function notFound(
  problem: string,
  {
    what,
    expected,
    all,
    notes,
  }: { what: 'entry' | 'event'; expected: Expected; all: readonly Shown[]; notes: readonly string[] },
  stackStart: (...args: never[]) => unknown,
): AssertionError {
  const ranked = all
    .map((one, index) => ({ one, index, found: differences(expected, one) }))
    .sort((a, b) => weight(a.found) - weight(b.found) || b.index - a.index);
  const nearest = ranked.slice(0, shown);
  const heading =
    all.length === 0
      ? `there is no ${what} at all`
      : `the nearest of ${all.length === 1 ? `the one ${what}` : `${all.length}, best first`}:`;
  const lines = nearest.flatMap(({ one, found }) => [
    `  ${title(one, what)}`,
    ...found.map(({ path, expected: wanted, actual }) => `    ${path}: expected ${show(wanted)}, got ${show(actual)}`),
  ]);
  const [first] = nearest;
  return failure(
    [`${problem}: ${asked(expected)}`, '', heading, ...lines, ...notes].join('\n'),
    first && pairs(first.found, 'actual'),
    first ? pairs(first.found, 'expected') : expected,
    stackStart,
  );
}

/** The failure of an assertion that looked for none. */
export function found(
  problem: string,
  { what, expected, all }: { what: 'entry' | 'event'; expected: Expected; all: readonly Shown[] },
  stackStart: (...args: never[]) => unknown,
): AssertionError {
  const lines = all.slice(0, shown).map((one) => `  ${title(one, what)}, rawobj ${show(one.rawobj)}`);
  const more = all.length > shown ? [`  and ${all.length - shown} more`] : [];
  const message = [
    `${problem}: ${asked(expected)}`,
    '',
    `there ${all.length === 1 ? 'is' : 'are'}:`,
    ...lines,
    ...more,
  ];
  return failure(message.join('\n'), all.length, 0, stackStart);
}

function failure(
  message: string,
  actual: unknown,
  expected: unknown,
  stackStartFn: (...args: never[]) => unknown,
): AssertionError {
  return new AssertionError({ message, actual, expected, operator: 'actionlog', stackStartFn });
}

/** What was asked for, in words: `message 'updated', record product 12, user { userid: 7 }`. */
function asked({ record, ...rest }: Expected): string {
  const parts = Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : `${name} ${show(value)}`));
  if (record === null) parts.push('no record');
  if (record) parts.push(`record ${record.rectype}${record.recid === undefined ? '' : ` ${record.recid}`}`);
  return parts.length === 0 ? 'any' : parts.join(', ');
}

function title({ alogid, message, record, userid, gsid, login }: Shown, what: string): string {
  const of = record ? `, ${record.rectype} ${record.recid}` : '';
  const name = alogid === undefined ? `${what} without a row` : `#${alogid}`;
  return `${name} ${message === null ? '(no message)' : show(message)} by ${login} (user ${userid}, tenant ${gsid})${of}`;
}

/** The record and the message say most of what was meant. */
function weight(found: readonly Difference[]): number {
  return found.reduce((sum, { path }) => sum + (path === 'message' || path.startsWith('record') ? 2 : 1), 0);
}

function pairs(found: readonly Difference[], side: 'actual' | 'expected'): Record<string, unknown> {
  return Object.fromEntries(found.map((difference) => [difference.path, difference[side]]));
}
