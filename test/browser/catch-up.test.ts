import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();
const quick = { minDelayMs: 1, maxDelayMs: 20 };
const placed = { epoch: 'abc', offset: 3, offset0: 1, time: 5_000 };
const meta = '<meta name="actionlog-since" content="4000">';
const entry = (alogid: string) => ({
  ...({ type: 'update', sid: 0, gsid: '1', userid: '42', rectype: 'product', recid: alogid, alogid } as const),
});

test('A page that comes back names the place up to which it has its events', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  first.greet(placed);
  first.announce({ epoch: 'abc', offset: 4, recid: 'a' });
  first.announce({ epoch: 'xyz', offset: 2, gsid: '0', recid: 'all' });
  first.announce({ epoch: 'abc', offset: 9, gsid: '2', recid: 'foreign' });
  first.announce({ epoch: 'new', offset: 1, recid: 'b' });
  await page.until('log.some(([, event]) => event.recid === "b")');
  first.terminate();
  const second = await peer.sockets.next();
  assert.deepEqual(second.protocols.slice(2), [`resume.sid-${first.sid}`, 'at.new.1.2']);
  second.greet({ ...placed, recovered: true });
  second.announce({ recid: 'end' });
  await page.until('log.some(([, event]) => event.recid === "end")');
  assert.deepEqual(await page.events('gap'), []);
  assert.deepEqual(peer.askedMissed, []);
});

test('A page that is cut off before it has its missed events names the same place again', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  await using page = await openPage(peer, { options: quick });
  (await peer.sockets.next()).greet(placed);
  await page.status('open');
  await page.get('client.close(); client.connect()');
  const second = await peer.sockets.next();
  second.greet({ ...placed, recovered: true });
  second.announce({ epoch: 'abc', offset: 4, recid: 'first of two' });
  await page.until('log.some(([, event]) => event.recid === "first of two")');
  second.terminate();
  assert.ok((await peer.sockets.next()).protocols.includes('at.abc.4.1'));
});

for (const [title, needs, since] of [
  ['its meta element', { body: meta }, 'since.4000'],
  ['its option', { body: meta, options: { since: 4_500 } }, 'since.4500'],
] as const) {
  test(`A page's first connection says when it began to be rendered, by ${title}`, async () => {
    await using peer = await startPeer();
    peer.greets = false;
    await using page = await openPage(peer, needs);
    const socket = await peer.sockets.next();
    assert.deepEqual(socket.protocols.slice(2), [since]);
    socket.greet({ ...placed, recovered: true });
    await page.status('open');
    assert.deepEqual(await page.events('gap'), []);
  });
}

test('A page that does not say when it was rendered has nothing to catch up with at first', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { body: '<meta name="actionlog-since" content="">' });
  assert.deepEqual((await peer.sockets.next()).protocols.slice(2), []);
  await page.status('open');
  assert.deepEqual([await page.events('gap'), peer.askedMissed], [[], []]);
});

test('What the streaming server does not remember is asked of the application server, and repeats are dropped', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  peer.missed = (query) =>
    query.includes('after')
      ? { entries: [entry('8')], complete: true }
      : { entries: [entry('6'), entry('7')], complete: true, more: '7' };
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  first.greet(placed);
  first.announce({ alogid: '6', recid: '6' });
  first.send({ type: 'heartbeat', time: 7_000 });
  first.announce({ recid: 'mark' });
  await page.until('log.some(([, event]) => event.recid === "mark")');
  first.terminate();
  const second = await peer.sockets.next();
  second.greet({ ...placed, epoch: 'other', recovered: false });
  await page.until('log.some(([type]) => type === "gap")');
  assert.deepEqual(peer.askedMissed, ['since=7000', 'since=7000&after=7']);
  const after = await page.get<[string, { recid?: string; resolved?: boolean }][]>(
    'log.slice(log.findLastIndex(([type]) => type === "open") + 1)',
  );
  assert.deepEqual(
    after.map(([type, { recid, resolved }]) => [type, recid ?? resolved]),
    [
      ['update', '7'],
      ['update', '8'],
      ['gap', true],
    ],
  );
  second.announce({ alogid: '8', recid: 'repeated' });
  second.announce({ alogid: '9', recid: '9' });
  await page.until('log.some(([, event]) => event.recid === "9")');
  assert.equal(await page.get('log.some(([, event]) => event.recid === "repeated")'), false);
});

test('A first connection that is not caught up asks from the time of its rendering', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  peer.missed = () => ({ entries: [], complete: false });
  await using page = await openPage(peer, { body: meta });
  (await peer.sockets.next()).greet({ ...placed, recovered: false });
  await page.until('log.some(([type]) => type === "gap")');
  assert.deepEqual([await page.events('gap'), peer.askedMissed], [[{ resolved: false }], ['since=4000']]);
});

test('Where the application server fails the page says so, and asks again at its next connection', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  peer.missed = () => 500;
  await using page = await openPage(peer, { body: meta, options: quick });
  const first = await peer.sockets.next();
  first.greet({ ...placed, recovered: false });
  await page.until('log.some(([type]) => type === "gap")');
  assert.match(await page.get('String(log.find(([type]) => type === "gap")[1].cause)'), /entries.*: 500/);
  peer.missed = () => ({ entries: [], complete: true });
  first.terminate();
  (await peer.sockets.next()).greet({ ...placed, recovered: true });
  await page.until('log.filter(([type]) => type === "gap").length === 2');
  assert.deepEqual(peer.askedMissed, ['since=4000', 'since=4000']);
  assert.equal((await page.events('gap'))[1]?.['resolved'], true);
});

test('A question that the end of the connection cuts short is asked again, from the same time', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  let answerHeld = (_status: number): void => {};
  const held = new Promise<number>((resolve) => {
    answerHeld = resolve;
  });
  peer.missed = () => held;
  await using page = await openPage(peer, { body: meta, options: quick });
  const first = await peer.sockets.next();
  first.greet({ ...placed, recovered: false });
  await page.status('open');
  first.terminate();
  const second = await peer.sockets.next();
  peer.missed = () => ({ entries: [entry('5')], complete: true });
  second.greet({ ...placed, time: 9_000, recovered: true });
  await page.until('log.some(([type]) => type === "gap")');
  answerHeld(500);
  assert.equal(peer.askedMissed.at(-1), 'since=4000');
  assert.deepEqual(await page.events('gap'), [{ resolved: true }]);
});

test('The page that a posted form leads to goes on at the place of the page before, under its connection id', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  const body = `${meta}<form action="/save" method="post"><button>Save</button></form>`;
  await using page = await openPage(peer, { body });
  const first = await peer.sockets.next();
  first.greet({ ...placed, recovered: true });
  await page.status('open');
  await page.page.click('button');
  const second = await peer.sockets.next();
  assert.deepEqual(second.protocols.slice(2), [`resume.sid-${first.sid}`, 'at.abc.3.1']);
  second.greet({ ...placed, recovered: true });
  second.announce({ sid: first.sid, epoch: 'abc', offset: 4 });
  await page.until('log.some(([type]) => type === "update")');
  assert.equal((await page.events('update'))[0]?.['own'], true);
});

test('A page that is left before it has caught up leaves that to the next one', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  peer.missed = () => 500;
  await using page = await openPage(peer, { body: meta });
  (await peer.sockets.next()).greet({ ...placed, recovered: false });
  await page.until('log.some(([type]) => type === "gap")');
  peer.missed = () => ({ entries: [], complete: true });
  await page.page.goto(`${peer.origin}/?next`);
  const second = await peer.sockets.next();
  assert.equal(second.protocols.length, 3, 'no place is named');
  second.greet({ ...placed, time: 9_000 });
  await page.until('window.log?.some(([type]) => type === "gap")');
  assert.deepEqual(peer.askedMissed, ['since=4000', 'since=4000']);
});

test("On Gyroscope's wire, which remembers nothing, each return is a gap", async () => {
  await using peer = await startPeer();
  peer.answer = () => ({ wire: 'gyroscope', url: '/?WSSkey=' });
  peer.greets = false;
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  first.send({ type: 'getsid', sid: 5, gsid: '1', userid: '42' });
  await page.status('open');
  assert.deepEqual(await page.events('gap'), []);
  first.terminate();
  (await peer.sockets.next()).send({ type: 'getsid', sid: 6, gsid: '1', userid: '42' });
  await page.until('log.some(([type]) => type === "gap")');
  assert.deepEqual([await page.events('gap'), peer.askedMissed], [[{ resolved: false }], []]);
});
