import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from './support/pages.ts';
import { product, secret, stage } from './support/stage.ts';

test('a reserved rectype is kept and never announced, but by the raw call', async () => {
  await using stand = await stage();
  await using page = await openPage(stand.url, secret, { gsid: '1', userid: '42' });
  const { logaction, streamaction } = stand.actionlog.as({ userid: 42 });
  const { alogid, announced } = await logaction('odd', null, { rectype: 'gsidmap', recid: 0 });
  assert.ok(alogid);
  assert.deepEqual(await announced, { status: 'failed', code: 'rectype-reserved' });
  await assert.rejects(streamaction('wsclientmap', 0), { code: 'rectype-reserved' });
  const ask = { wssid: 1, recid: 0, gsid: 0, userid: 0 };
  const { dump } = await stand.actionlog.streamaction({ ...ask, rectype: 'gsidmap' });
  assert.deepEqual(dump, { gsidmap: { '1': [page.greeting.sid] } });
  assert.deepEqual(page.events, []);
});

test('a record that is none is kept, reported, and not announced', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const odd = [
    { rectype: 'p', recid: undefined },
    { rectype: 'p', recid: null },
    { rectype: 'p', recid: Number.NaN },
  ];
  for (const record of [...odd, { rectype: 'p', recid: {} }, { type: 'p', id: 1 }, 'product']) {
    const { alogid, announced } = await logaction('odd', null, record as never);
    assert.ok(alogid);
    assert.deepEqual(await announced, { status: 'failed', code: 'record-malformed' });
  }
  assert.deepEqual(new Set(stand.errors.map(({ code }) => code)), new Set(['record-malformed']));
  const entries = await stand.actionlog.history({ gsid: 1 });
  assert.ok(entries.length === 6 && entries.every(({ wssdone }) => wssdone === 1));
});

test('the raw call refuses an event that would reach nobody, and takes any extra', async () => {
  await using stand = await stage();
  await using page = await openPage(stand.url, secret, { gsid: '1', userid: '42' });
  const good = { wssid: 0, rectype: 'product', recid: 5, gsid: 1, userid: 42 };
  for (const wrong of [{ gsid: undefined }, { gsid: '' }, { userid: null }, { rectype: '' }, { recid: undefined }]) {
    await assert.rejects(stand.actionlog.streamaction({ ...good, ...wrong } as never), TypeError);
  }
  const circle: Record<string, unknown> = { big: 7n };
  circle['self'] = circle;
  assert.equal((await stand.actionlog.streamaction({ ...good, extra: circle })).status, 'sent');
  assert.deepEqual((await page.until(1))[0]?.extra, { big: '7', self: '[cyclic]' });
});

test('history is of one tenant, and refuses a question that it does not know', async () => {
  await using stand = await stage();
  await assert.rejects(stand.actionlog.history({ gsid: 1, rectyp: 'p' } as never), /rectyp/);
  await assert.rejects(stand.actionlog.history(undefined as never), TypeError);
});

test('a record without a message is announced, and history hides its row', async () => {
  await using stand = await stage();
  const { alogid, announced } = await stand.actionlog.as({ userid: 42 }).logaction(null, null, product);
  assert.ok(alogid);
  assert.equal((await announced).status, 'sent');
  assert.deepEqual(await stand.actionlog.history({ gsid: 1 }), []);
});

test('on the caller’s own connection it is announced after committed() alone', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const rows: unknown[][] = [];
  const stands = await logaction('stands in the table');
  const connection = async (_sql: string, params: unknown[]) => ({ insertId: rows.push(params) });
  const told = await logaction('told', null, product, { connection });
  const untold = await logaction('untold', null, product, { connection });
  const undone = await logaction('undone', null, product, { connection });
  const lost = await logaction('of no row that stands', null, product, { connection });
  assert.deepEqual([told.alogid, rows.length], [stands.alogid, 4]);
  await using page = await openPage(stand.url, secret, { gsid: '1', userid: '42' });
  assert.equal((await told.committed()).status, 'sent');
  assert.equal((await undone.rolledBack()).status, 'rolled-back');
  assert.equal((await undone.committed()).status, 'rolled-back', 'what was told first counts');
  assert.equal((await lost.committed()).status, 'rolled-back', 'a savepoint may have been rolled back');
  assert.deepEqual(
    (await page.until(1)).map(({ alogid }) => alogid),
    [told.alogid],
  );
  await stand.actionlog.close();
  assert.deepEqual(await untold.announced, { status: 'deferred', code: 'closed' });
});

test('the event has the record id that stands in the row', async () => {
  await using stand = await stage();
  await using page = await openPage(stand.url, secret, { gsid: '1', userid: '42' });
  const { logaction } = stand.actionlog.as({ userid: 42 });
  for (const recid of [1e21, 2n ** 70n, '007', -5, 12345678901234567000])
    await logaction('x', null, { rectype: 'p', recid });
  const events = await page.until(5);
  const entries = await stand.actionlog.history({ gsid: 1 });
  assert.deepEqual(events.map(({ recid }) => recid).sort(), entries.map(({ recid }) => recid).sort());
});

test('a rollback that is told leaves no event, and no memory of the call', async () => {
  await using stand = await stage();
  const connection = async () => ({ insertId: 1 });
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const entry = await logaction('x', null, product, { connection });
  assert.deepEqual(await entry.rolledBack(), { status: 'rolled-back' });
  assert.deepEqual(await entry.committed(), { status: 'rolled-back' });
  const kept = await logaction('no record', null, null, { connection });
  assert.deepEqual(await kept.announced, { status: 'nothing' });
});

test('texts as long as their columns are announced as they stand, whatever they are made of', async () => {
  await using stand = await stage();
  await using page = await openPage(stand.url, secret, { gsid: '1', userid: '42' });
  const long = '😀'.repeat(255);
  const { logaction } = stand.actionlog.as({ userid: 42, login: long });
  const { announced } = await logaction('x', null, { rectype: long, recid: long });
  assert.equal((await announced).status, 'sent');
  const [event] = await page.until(1);
  assert.deepEqual([event?.rectype, event?.recid, event?.login], [long, long, long]);
});

test('options of null are none', async () => {
  await using stand = await stage();
  assert.ok((await stand.actionlog.as({ userid: 42 }, null as never).logaction('x', null, null, null as never)).alogid);
});
