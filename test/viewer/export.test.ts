import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startViewed } from './support/viewed.ts';

test('what matches is exported, all of it, as JSON lines', async () => {
  await using viewed = await startViewed({ viewer: { pageSize: 2 } });
  for (let index = 0; index < 205; index += 1) await viewed.log(`counted ${index}`, { index });
  await viewed.log('counted by bea', null, undefined, { login: 'bea', userid: 8 });
  const visitor = await viewed.visitor();
  const { text, headers } = await visitor.get('/activity/export.jsonl?user=ann').buffer(true).expect(200);
  assert.match(String(headers['content-disposition']), /^attachment; filename="activity-\d{4}-\d\d-\d\d\.jsonl"$/);
  assert.match(String(headers['content-type']), /^application\/jsonl/);
  const lines = (text ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    [lines.length, lines[0]?.['logmessage'], lines.at(-1)?.['logmessage']],
    [205, 'counted 204', 'counted 0'],
  );
});

test('as CSV it is text for spreadsheets, that runs no formula', async () => {
  await using viewed = await startViewed();
  await viewed.log('=1+1', { a: 1 });
  await viewed.log('two\nlines, "quoted"');
  const answer = await (await viewed.visitor()).get('/activity/export.csv').buffer(true).expect(200);
  assert.match(String(answer.headers['content-type']), /^text\/csv; charset=utf-8$/);
  assert.match(String(answer.headers['content-disposition']), /\.csv"$/);
  assert.match(answer.text, /^\ufeff?alogid,time,/);
  assert.match(answer.text, /'=1\+1/);
  assert.match(answer.text, /"two\nlines, ""quoted"""/);
});

test('a search that is wrong is no file', async () => {
  await using viewed = await startViewed();
  const visitor = await viewed.visitor();
  for (const form of ['csv', 'jsonl']) {
    const answer = await visitor.get(`/activity/export.${form}?from=soon`).expect(400).expect('Content-Type', /html/);
    assert.equal(answer.headers['content-disposition'], undefined);
  }
  await visitor.get('/activity/export.xml').expect(404);
});
