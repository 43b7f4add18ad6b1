import type { NewEntry } from '../../lib/action/store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import { systemClock } from '../../lib/clock.ts';
import { ActionlogError } from '../../lib/errors.ts';
import { FaultBoard } from '../../lib/testing/faults.ts';
import { MemoryStore } from '../../lib/testing/memory-store.ts';
import { historyContract } from '../action/history-contract.ts';
import { storeContract } from '../action/store-contract.ts';
import { type TogetherSubject, togetherContract } from '../action/together-contract.ts';

const traceColumns = [
  'gsid',
  'rectype',
  'recid',
  'field',
  'logdate',
  'oldnum',
  'oldtext',
  'newnum',
  'newtext',
  'masked',
];
const textOf = (value: unknown) => (value === null || value === undefined ? null : String(value));
const textsOf = (row: object) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]));

function memorySubject(ids: 'bigint' | 'text', writer?: WriterBounds): TogetherSubject {
  const faults = new FaultBoard();
  const store = new MemoryStore({ ids, writer }, { clock: systemClock, faults });
  const refusals: ((entry: NewEntry) => boolean | Error)[] = [];
  const refuse = async (refusal: (entry: NewEntry) => boolean | Error) => {
    refusals.push(refusal);
    faults.set({ write: (entry) => refusals.map((one) => one(entry)).find((one) => one !== false) ?? false });
  };
  return {
    store,
    rows: async () => store.table.rows.map(({ trace: _, ...row }) => textsOf(row)),
    traces: async () =>
      store.table.rows.flatMap(({ alogid, trace }) =>
        trace.map((values) => ({
          alogid,
          ...Object.fromEntries(traceColumns.map((name, index) => [name, textOf(values[index])])),
        })),
      ),
    refuses: (logmessage) => refuse((entry) => entry.logmessage === logmessage),
    refusesTrace: (field) => refuse(({ trace = [] }) => trace.some((change) => change.field === field)),
    // memory has no table that could be missing: this is how the real one refuses
    dropTrace: () =>
      refuse(
        ({ trace = [] }) =>
          trace.length > 0 &&
          new ActionlogError('table-missing', 'there is no table actionlog_trace; run: npx express-actionlog migrate'),
      ),
    rolledBack: async (write) => {
      const transaction = await store.begin();
      const entry = await write(transaction.connection);
      await transaction.rollback();
      return entry;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
    },
  };
}

const ofText = async (writer?: WriterBounds) => memorySubject('text', writer);
const ofNumbers = async (writer?: WriterBounds) => memorySubject('bigint', writer);

storeContract('memoryStore', ofText, { ids: 'text', added: true, style: 'json' });
storeContract('memoryStore with numbers as ids', ofNumbers, { ids: 'numbers', added: true, style: 'json' });
storeContract("memoryStore with Gyroscope's rows", ofNumbers, { ids: 'numbers', added: true, style: 'php' });

togetherContract('memoryStore', ofText);

historyContract('memoryStore', ofText, { style: 'json', added: true, unicode: true, traces: true });
historyContract("memoryStore with Gyroscope's rows", ofNumbers, {
  ...{ style: 'php', added: true, unicode: true, traces: true },
});
