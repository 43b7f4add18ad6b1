import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTestActionlog, type TestActionlogOptions } from '../../lib/testing/index.ts';

// in one test, since a process is warned once
it('warns once of ids that the default schema refuses, where nobody said what ids may be', async (t) => {
  const warned: unknown[][] = [];
  t.mock.method(process, 'emitWarning', (...given: unknown[]) => void warned.push(given));
  const log = async (options: TestActionlogOptions, userid: string | number) => {
    await using made = createTestActionlog(options);
    await made.as({ userid, login: 'anna' }).logaction('updated', {}, { rectype: 'product', recid: 12 });
  };
  await log({ ids: 'text' }, 'u-anna');
  await log({}, 12);
  await assert.rejects(log({ ids: 'bigint' }, 'u-anna'), { code: 'id-unfit' });
  assert.equal(warned.length, 0);
  await log({}, 'u-anna');
  await log({}, 'u-ben');
  assert.equal(warned.length, 1);
  const [message, kind] = warned[0] ?? [];
  assert.match(String(message), /u-anna.*say ids: 'bigint'/);
  assert.deepEqual(kind, { type: 'ActionlogTestWarning', code: 'ACTIONLOG_TEXT_IDS' });
});
