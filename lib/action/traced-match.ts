import { anywhere } from './history-match.ts';
import type { TraceQuery } from './history-query.ts';

/** What a changed column was set to. */
export interface SetValue {
  /** Where it was a number, or a text that says one. */
  number: number | null;
  text: string | null;
}

/** Whether a column was set so: what every store has to answer. Of the field, and of masked values, others see. */
export function setMatcher({ is, below, above, contains }: TraceQuery): (set: SetValue) => boolean {
  const inside = contains === undefined ? undefined : anywhere(contains);
  const number = is === undefined ? undefined : numberIn(is);
  return ({ number: own, text }) =>
    (is === undefined || text === String(is) || (number !== undefined && own === number)) &&
    (below === undefined || (own !== null && own < below)) &&
    (above === undefined || (own !== null && own > above)) &&
    (inside === undefined || (text !== null && inside.test(text)));
}

/** The number that is asked for; none beyond 2^53, where two may be the same to a database: their texts have all digits. */
export function numberIn(is: string | number | bigint): number | undefined {
  const plain = typeof is === 'number' || /^-?\d+(\.\d+)?$/.test(String(is));
  return plain && Math.abs(Number(is)) <= Number.MAX_SAFE_INTEGER ? Number(is) : undefined;
}
