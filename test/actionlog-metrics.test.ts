import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stage } from './support/stage.ts';

test('metrics of an action log: writes, events by what became of them, marks, sweep', async () => {
  await using staged = await stage({ announcer: { retryWithinMs: 1 } });
  const { actionlog, server } = staged;
  const { logaction, streamaction } = actionlog.as({ userid: 42, gsid: 'a-tenant', login: 'a-login' });
  const { announced } = await logaction('one', {}, { rectype: 'product', recid: 12 });
  assert.equal((await announced).status, 'sent');
  await logaction('two');
  await server.close();
  assert.equal((await streamaction('product', 12)).status, 'failed');
  while (actionlog.announcer.stats.marked === 0) await sleep(5); // marks go together, a little later
  const registry = await actionlog.metrics();
  assert.match(registry.contentType, /^text\/plain/);
  const text = await registry.metrics();
  const values = new Map(text.split('\n').map((line) => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)?.[0])]));
  const expected: [string, number][] = [
    ['actionlog_write_seconds_count', 2],
    ['actionlog_write_seconds_bucket{le="+Inf"}', 2],
    ['actionlog_events_sent_total', 1],
    ['actionlog_events_undelivered_total{status="failed",code="relay-unreachable"}', 1],
    ['actionlog_relay_paused', 0],
    ['actionlog_entries_marked_total', 1],
    ['actionlog_entries_unmarked_total', 0],
    ['actionlog_retrying_events', 0],
    ['actionlog_entries_swept_total', 0],
    ['actionlog_sweep_role{role="off"}', 0],
  ];
  for (const [name, value] of expected) assert.equal(values.get(name), value, name);
  assert.doesNotMatch(text, /a-tenant|a-login/);
  assert.equal(await actionlog.metrics(), registry);
});

test('an entry that cannot be written is counted by its code', async () => {
  await using staged = await stage({ database: 'sqlite:/nowhere/at/all.db' });
  const { actionlog } = staged;
  await assert.rejects(actionlog.as({ userid: 42, login: 'ann' }).logaction('one'));
  const text = await (await actionlog.metrics()).metrics();
  assert.match(text, /actionlog_writes_failed_total\{code="database-unreachable"\} 1/);
  assert.match(text, /actionlog_write_seconds_count 0/);
});
