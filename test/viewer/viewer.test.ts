import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent } from 'supertest';
import { changes, type ViewerOptions } from '../../lib/index.ts';
import { startViewed } from './support/viewed.ts';

const product = (recid: number) => ({ rectype: 'product', recid });
/** The messages on a page, as they are shown. */
const messages = (page: string) =>
  [...page.matchAll(/class="who".*?<\/(?:a|bdi)> <bdi>([^<]*)<\/bdi>/g)].map(([, message]) => message);

test('entries are shown day by day, newest first, each with who, what and which record', async () => {
  await using viewed = await startViewed({ viewer: { title: 'Log', timeZone: 'UTC' } });
  await viewed.log('added a lamp', { price: 9 }, product(7));
  await viewed.log('signed in', null, undefined, { login: 'bea', userid: 8 });
  const { text } = await (await viewed.visitor())
    .get('/activity')
    .expect(200)
    .expect('Content-Type', /^text\/html/);
  assert.deepEqual(messages(text), ['signed in', 'added a lamp']);
  assert.match(text, /<title>Log<\/title>/);
  assert.match(text, new RegExp(`<section class="day" data-day="${new Date().toISOString().slice(0, 10)}"`));
  assert.match(text, /<a class="who" href="\?user=bea"[^>]*><bdi>bea<\/bdi><\/a>/);
  assert.match(text, /href="\?rectype=product&amp;recid=7"/);
});

test('a search narrows the list: words, pairs, login, record and days', async () => {
  await using viewed = await startViewed({ viewer: { timeZone: 'UTC' } });
  await viewed.log('added a red lamp', { price: 9 }, product(7));
  await viewed.log('moved the lamp', { price: 10 }, product(8), { login: 'bea', userid: 8 });
  await viewed.log('signed in', null);
  const today = new Date().toISOString().slice(0, 10);
  const visitor = await viewed.visitor();
  for (const [query, ...expected] of [
    ['q=lamp', 'moved the lamp', 'added a red lamp'],
    ['q=lamp+price%3D9', 'added a red lamp'],
    ['user=bea', 'moved the lamp'],
    ['rectype=product', 'moved the lamp', 'added a red lamp'],
    ['rectype=product&recid=7', 'added a red lamp'],
    [`from=${today}`, 'signed in', 'moved the lamp', 'added a red lamp'],
    [`to=${today}&q=signed`, 'signed in'],
    ['from=2099-01-01'],
    ['to=2001-01-01'],
    ['q=nowhere'],
  ])
    assert.deepEqual(messages((await visitor.get(`/activity?${query}`).expect(200)).text), expected, query);
  const { text } = await visitor.get('/activity?q=nowhere').expect(200);
  assert.match(text, /Nothing matches\./);
  assert.match(text, /<a href="\?"><span class="hidden">Remove <\/span>Search: <bdi>nowhere<\/bdi>/);
});

test("a record's history has its changes side by side", async () => {
  await using viewed = await startViewed({ viewer: { recordUrl: (rectype, recid) => `/${rectype}s/${recid}` } });
  const made = changes({ price: '9.00', pin: '1' }, { price: '8.50', pin: '2' });
  await viewed.log('set the price', { id: 7, ...made }, product(7));
  const { text } = await (await viewed.visitor()).get('/activity?rectype=product&recid=7').expect(200);
  assert.match(text, /<h1><a class="up" href="\?">Activity<\/a> <bdi>product 7<\/bdi><\/h1>/);
  assert.match(text, /<details open>/);
  assert.match(text, /role="columnheader">Before<\/th><th scope="col" role="columnheader">After<\/th>/);
  assert.match(
    text,
    /<bdi>price<\/bdi><\/th><td role="cell" class="before" dir="auto">9\.00<\/td><td role="cell" class="after" dir="auto">8\.50</,
  );
  assert.match(text, /<bdi>pin<\/bdi><\/th><td colspan="2" role="cell" class="masked">/);
  assert.match(text, /<dt><bdi>id<\/bdi><\/dt><dd dir="auto">7<\/dd>/);
  assert.match(text, /<a class="open" href="\/products\/7">/);
});

test('a long list is turned page by page', async () => {
  await using viewed = await startViewed({ viewer: { pageSize: 2 } });
  for (const message of ['one', 'two', 'three']) await viewed.log(message, { of: 'three' });
  const visitor = await viewed.visitor();
  const first = (await visitor.get('/activity?user=ann').expect(200)).text;
  assert.deepEqual(messages(first), ['three', 'two']);
  const [, older = ''] = /href="(\?user=ann&amp;before=\d+)" data-older/.exec(first) ?? [];
  const second = (await visitor.get(`/activity${older.replace('&amp;', '&')}`).expect(200)).text;
  assert.deepEqual(messages(second), ['one']);
  assert.match(second, /<a href="\?user=ann">Newest<\/a>/);
  assert.doesNotMatch(second, /data-older/);
});

test('only the own tenant is shown, whatever the address says', async () => {
  await using viewed = await startViewed();
  await viewed.log('ours', { secret: 'ours' }, product(7));
  await viewed.log('theirs', { secret: 'theirs' }, product(7), { gsid: 2 });
  const visitor = await viewed.visitor('42/1');
  for (const path of [
    '',
    '?gsid=2',
    '?rectype=product&recid=7',
    '?tenants=all',
    '/export.csv?gsid=2',
    '/export.jsonl?gsid=2',
  ]) {
    const answer = await visitor.get(`/activity${path}`).buffer(true).expect(200);
    assert.match(answer.text ?? String(answer.body), /ours/, path);
    assert.doesNotMatch(answer.text ?? String(answer.body), /theirs/, path);
  }
});

test('wrong options are refused at construction; without authorize it says what to write', async () => {
  await using viewed = await startViewed();
  const { actionlog } = viewed;
  assert.throws(
    () => actionlog.viewer({} as ViewerOptions),
    (error: TypeError) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /^viewer: option "authorize": expected a function that says who may look/);
      assert.match(error.message, /authorize: \(req\) => req\.actor\.groups\.includes\("admins"\)/);
      return true;
    },
  );
  const authorize = () => true;
  for (const [option, value] of Object.entries({
    ...{ title: '', homeUrl: 'javascript:alert(1)', homeName: 7, recordUrl: '/x', userNames: [], locale: 'no tag' },
    ...{ timeZone: 'Mars/Base', pageSize: 0, authorise: authorize },
  }))
    assert.throws(
      () => actionlog.viewer({ authorize, [option]: value } as ViewerOptions),
      (error) => error instanceof TypeError && error.message.includes(`"${option}"`),
      option,
    );
});

test('trace: changed columns are shown in full, and can be searched by number', async () => {
  await using viewed = await startViewed();
  const write = viewed.actionlog.as({ userid: 7, login: 'ann' }).logaction;
  const long = 'x'.repeat(900);
  for (const [was, is] of [
    [12, 9],
    [9, 15],
  ] as const) {
    const trace = changes({ price: was, note: 'old' }, { price: is, note: `${long}${is}` });
    await write(`price ${is}`, trace, product(7), { trace });
  }
  const visitor = await viewed.visitor();
  assert.deepEqual(messages((await visitor.get('/activity?q=price%3C10').expect(200)).text), ['price 9']);
  assert.deepEqual(messages((await visitor.get('/activity?q=price%3E10').expect(200)).text), ['price 15']);
  const { text } = await visitor.get('/activity?rectype=product&recid=7').expect(200);
  assert.match(text, new RegExp(`<td role="cell" class="after" dir="auto">${long}9</td>`));
  assert.equal(text.match(/<bdi>note<\/bdi><\/th>/g)?.length, 2);
});

test('an app that failed to read answers by its own error handler', async () => {
  await using viewed = await startViewed();
  const visitor = await viewed.visitor();
  await viewed.actionlog.close();
  await visitor.get('/activity').expect(500);
  await agent(viewed.origin).get('/activity/assets/x/viewer.css').expect(200);
});

test('what belongs together is found from each of its entries', async () => {
  await using viewed = await startViewed();
  const { logaction } = viewed.actionlog.as({ userid: 7, login: 'ann' });
  for (const recid of [7, 8])
    await logaction(`repriced ${recid}`, { recid }, product(recid), { correlation: 'job "1"' });
  await viewed.log('something else', { of: 'its own' });
  const visitor = await viewed.visitor();
  const { text } = await visitor.get('/activity').expect(200);
  const [, link = ''] = /<a href="(\?correlation=[^"]+)">All that was done together<\/a>/.exec(text) ?? [];
  const together = (await visitor.get(`/activity${link}`).expect(200)).text;
  assert.deepEqual(messages(together), ['repriced 8', 'repriced 7']);
  assert.match(together, /Remove <\/span>Together: <bdi>job &quot;1&quot;<\/bdi>/);
  assert.match(together, /<input type="hidden" name="correlation" value="job &quot;1&quot;">/);
});
