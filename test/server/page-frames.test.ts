import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { userKey } from '../../lib/stream/gyroscope-keys.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { keys, openPage, openRaw, type RunningServer, relay, secret, startServer, updateOf } from './clients.ts';
import { type ReadFrame, readFrames } from './frame-reader.ts';
import { clock, openBrowser, startGyroscope, wssecret } from './gyroscope-clients.ts';

/** A page at the level of frames: reads them off a bare connection, and answers pings and the closing. */
async function openFrames(port: number, userid = '7') {
  const token = await keys.issueToken({ gsid: '1', userid, login: 'amy' });
  const head = `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: actionlog, bearer.${token}\r\n\r\n`;
  const { socket } = await openRaw(port, [head]);
  const frames: ReadFrame[] = [];
  const broken: unknown[] = [];
  let waiting: Buffer = Buffer.alloc(0);
  let isUpgraded = false;
  socket.on('error', () => undefined); // a reset is told by `close`
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    const end = waiting.indexOf('\r\n\r\n');
    if (!isUpgraded && end < 0) return;
    if (!isUpgraded) waiting = waiting.subarray(end + 4);
    isUpgraded = true;
    try {
      const read = readFrames(waiting);
      waiting = Buffer.from(read.rest);
      for (const frame of read.frames) answer(frame);
    } catch (error) {
      broken.push(error);
      socket.destroy();
    }
  });
  const answer = (frame: ReadFrame) => {
    frames.push(frame);
    if (frame.opcode === 9) send(10, frame.payload);
    if (frame.opcode === 8) send(8, frame.payload);
  };
  /** Sends a frame; its mask is zero. */
  const send = (opcode: number, payload: Buffer = Buffer.alloc(0)) =>
    socket.write(Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.once('end', () => socket.destroy());
  const until = async (what: () => boolean) => {
    while (!what() && !socket.destroyed) await Promise.race([once(socket, 'data'), closed]);
  };
  const messages = () => frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => JSON.parse(String(payload)));
  return { frames, broken, send, closed, until, messages, rest: () => waiting };
}

/** Relays events of many sizes, and gives their recids. */
async function relayMany(running: RunningServer, relays: number): Promise<string[]> {
  const recids: string[] = [];
  const sizes = [0, 40, 130, 900, 65_000];
  const sending: Promise<unknown>[] = [];
  for (let n = 0; n < relays; n += 1) {
    const events = Array.from({ length: 1 + (n % 7) }, (_, index) => {
      const recid = `${n}.${index}`;
      recids.push(recid);
      return updateOf({ recid, extra: 'x'.repeat(sizes[(n + index) % 5] ?? 0) });
    });
    sending.push(relay(running.port, events));
    if (n % 4 === 3) await Promise.all(sending.splice(0));
  }
  await Promise.all(sending);
  return recids;
}

describe('the frames that a page is sent', () => {
  for (const length of [125, 126, 65_535, 65_536, 66_000]) {
    test(`are whole where an event takes ${length} bytes`, async () => {
      await using running = await startServer();
      const page = await openPage(running.port);
      const raw = await openFrames(running.port);
      await raw.until(() => raw.frames.length > 0);
      const isShort = length < 200;
      const sizeWith = async (text: string) => {
        await relay(running.port, [updateOf(isShort ? { recid: text } : { extra: text })]);
        return Buffer.byteLength(await page.nextText());
      };
      const more = length - (await sizeWith(''));
      // an event in a relay has at most 65,536 characters: beyond that, some of two bytes
      const wide = length > 65_536 ? 1_000 : 0;
      assert.equal(await sizeWith('ä'.repeat(wide) + 'x'.repeat(more - 2 * wide)), length);
      const sizes = () => raw.frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.length);
      await raw.until(() => sizes().length === 3);
      assert.equal(sizes()[2], length);
      assert.deepEqual(raw.broken, []);
    });
  }

  test('come whole and in order between pings, pongs and heartbeats, to a bare reader and to a web socket', async () => {
    await using running = await startServer({ secrets: [secret], heartbeatMs: 1_000, maxBufferedBytes: 100_000_000 });
    const raw = await openFrames(running.port);
    await raw.until(() => raw.frames.length > 0);
    const page = await openPage(running.port, '1', '8');
    let pongs = 0;
    page.socket.on('pong', () => (pongs += 1));
    const pinging = setInterval(() => {
      raw.send(9, Buffer.from('hello'));
      page.socket.ping('hello');
    }, 1);
    const recids: string[] = [];
    const isPinged = () => raw.frames.some(({ opcode }) => opcode === 9);
    while (!isPinged() && raw.broken.length === 0) recids.push(...(await relayMany(running, 40)));
    const seen = () => raw.messages().filter(({ type }) => type === 'update');
    await raw.until(() => seen().length === recids.length);
    clearInterval(pinging);
    assert.deepEqual(raw.broken, []);
    assert.deepEqual(
      seen().map(({ offset }) => offset),
      recids.map((_, index) => index + 1),
    );
    assert.deepEqual(
      seen()
        .map(({ recid }) => recid)
        .toSorted(),
      recids.toSorted(),
    );
    const answers = raw.frames.filter(({ opcode }) => opcode === 10);
    assert.ok(answers.length > 0 && answers.every(({ payload }) => String(payload) === 'hello'));
    for (let offset = 1; offset <= recids.length; ) {
      const message = await page.next();
      if (message.type !== 'update') continue;
      assert.equal(message.offset, offset);
      offset += 1;
    }
    assert.ok(pongs > 0);
    assert.deepEqual(running.logged.error, []);
  });

  test('end with the close frame, whichever side begins, while events go on', async () => {
    await using running = await startServer();
    const well = await openPage(running.port, '1', '9');
    const pages = await Promise.all(Array.from({ length: 40 }, (_, n) => openFrames(running.port, `u${n}`)));
    await Promise.all(pages.map((page) => page.until(() => page.frames.length > 0)));
    const sending = relayMany(running, 80);
    for (const [index, page] of pages.entries()) {
      await page.until(() => page.frames.length > 1 + index);
      if (index % 2 === 0) page.send(1, Buffer.from('a page does not speak'));
      else page.send(8, Buffer.from([0x03, 0xe8]));
    }
    const recids = await sending;
    await Promise.all(pages.map(({ closed }) => closed));
    for (const [index, page] of pages.entries()) {
      assert.deepEqual(page.broken, []);
      assert.equal(page.rest().length, 0, 'no frame is cut, and none comes after the last');
      const closings = page.frames.filter(({ opcode }) => opcode === 8);
      assert.equal(closings.length, 1);
      assert.equal(page.frames.at(-1), closings[0]);
      assert.equal(closings[0]?.payload.readUInt16BE(0), index % 2 === 0 ? closeCodes.spoke.code : 1000);
      const offsets = page
        .messages()
        .slice(1)
        .map(({ offset }) => offset);
      assert.deepEqual(
        offsets,
        offsets.map((_: number, at: number) => at + 1),
      );
    }
    for (let offset = 1; offset <= recids.length; offset += 1) assert.equal((await well.next()).offset, offset);
    assert.deepEqual(running.logged.error, []);
  });

  test('hold what was relayed right before the end, on both wires', async () => {
    const running = await startGyroscope({ secrets: [secret] });
    const page = await openPage(running.port);
    const browser = await openBrowser(running.port, userKey(wssecret, '1', '8', clock));
    await browser.next();
    const item = { type: 'revoke', gsid: '1', userid: '7' };
    await relay(running.port, [updateOf({ recid: 'a' }), updateOf({ recid: 'b' }), item]);
    assert.deepEqual([(await page.next()).recid, (await page.next()).recid], ['a', 'b']);
    assert.equal((await page.closed).code, closeCodes.revoked.code);
    await relay(running.port, [updateOf({ recid: 'c' })]);
    await running.server.close();
    assert.deepEqual(
      [await browser.next(), await browser.next(), await browser.next()].map(({ recid }) => recid),
      ['a', 'b', 'c'],
    );
    assert.equal((await browser.closed).code, closeCodes.shutdown.code);
  });
});
