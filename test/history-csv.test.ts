import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Entry } from '../lib/action/store.ts';
import { type CsvOptions, csvStream } from '../lib/history-export.ts';

function entry(logmessage: string): Entry {
  return {
    ...{ alogid: '1', gsid: '3', userid: '7', logname: 'ann', logmessage, rawobj: '{}', logdate: 1_777_800_600 },
    ...{ sid: 0, rectype: 'product', recid: '12', extra: null, ctxid: null, wssdone: 1, bulldozed: 0 },
    correlation: null,
  };
}

const csvOf = (messages: string[], options: CsvOptions = {}): Promise<string> =>
  text(
    csvStream(
      async function* () {
        yield messages.map(entry);
      },
      { columns: ['logmessage', 'userid'], header: false, ...options },
    ),
  );

/** The records of a CSV file, as a strict reader has them: outside of quotes each kind of line end ends a record. */
function recordsOf(csv: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\r|\n)/g)) {
    record.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

test('a value with any kind of line end stays one value of one record', async () => {
  const messages = ['one\ntwo', 'one\rtwo', 'one\r\ntwo', '\n', 'a\r', 'say "hi"\n', 'a,b', 'plain', ''];
  const csv = await csvOf(messages, { guardFormulas: false });
  assert.deepEqual(
    recordsOf(csv),
    messages.map((message) => [message, '7']),
  );
});

test('full-width signs, which some spreadsheets take for their ASCII forms, are guarded as those are', async () => {
  const messages = ['＝1+1', '＋1', '－1', '＠a', 'a;＝1', 'fine ＝ so'];
  const guarded = ["'＝1+1", "'＋1", "'－1", "'＠a", "a;'＝1", 'fine ＝ so'];
  assert.deepEqual(
    recordsOf(await csvOf(messages)).map(([message]) => message),
    guarded,
  );
  const plain = recordsOf(await csvOf(messages, { guardFormulas: false })).map(([message]) => message);
  assert.deepEqual(plain, messages);
});
