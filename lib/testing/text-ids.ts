import { fitEntry } from '../action/fit.ts';
import type { NewEntry, StoreNeeds } from '../action/store.ts';
import { memoryShape } from './memory-table.ts';

const numbers = memoryShape('bigint');
let said = false;

/** Warns, once in a process, of an id that MySQL's default schema would refuse and this test takes. */
export function warnOfTextIds(entry: NewEntry, style: StoreNeeds['rawobjStyle']): void {
  if (said) return;
  try {
    fitEntry(entry, numbers, style);
  } catch (error) {
    said = true;
    process.emitWarning(
      `the action log of this test takes an id that the default schema of MySQL refuses: ${(error as Error).message}; say ids: 'bigint' to have it refused here as well, or ids: 'text' where the ids of your table are texts`,
      { type: 'ActionlogTestWarning', code: 'ACTIONLOG_TEXT_IDS' },
    );
  }
}
