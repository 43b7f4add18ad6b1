import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { streamHour } from '../../lib/session/hours.ts';
import { userKey } from '../../lib/stream/gyroscope-keys.ts';
import { vectors } from '../support/vectors.ts';
import { exchange, openRaw, startServer } from './clients.ts';
import { openBrowser } from './gyroscope-clients.ts';

const hour = 3_600_000;
const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n';
const isDump = (rectype: string) => rectype === 'gsidmap' || rectype === 'wsclientmap';

/** Freezes the clock at an hour after the recording, and starts a server with the recording's keys. */
async function serverOf(
  vector: { utc: string; timezone: string; wssecret: string; internalKey?: string },
  hoursLater: number,
) {
  const now = Date.parse(vector.utc) + hoursLater * hour;
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now });
  const running = await startServer({
    compatibility: 'gyroscope',
    internalKey: vector.internalKey ?? 'k',
    wssecret: vector.wssecret,
    timeZone: vector.timezone,
  });
  const [asked, signed] = [now, Date.parse(vector.utc)].map((ms) => streamHour(ms, vector.timezone));
  const before = streamHour(now - hour, vector.timezone);
  return { running, now, isStillGood: [asked, before].includes(signed) };
}

const waysToSend: [string, (handshake: string, message: string) => (string | Buffer)[]][] = [
  ['whole', (handshake, message) => [handshake, message]],
  ['byte by byte', (handshake, message) => [...Buffer.from(handshake + message)].map((byte) => Buffer.from([byte]))],
  ['in one piece with the handshake', (handshake, message) => [handshake + message]],
];

describe('relays as PHP sends them', () => {
  for (const [index, vector] of vectors.stream.entries()) {
    const { rectype, gsid, userid, recid, wssid } = vector.input;
    for (const [way, piecesOf] of waysToSend) {
      test(`recording ${index} (${rectype}, gsid ${gsid}, ${vector.timezone}) is taken ${way}`, async () => {
        const { running, now } = await serverOf(vector, 0);
        await using _ = running;
        // A gsid of 0 means every tenant.
        const tenant = String(gsid) === '0' ? '1' : String(gsid);
        const key = userKey(vector.wssecret, tenant, '555', { timeZone: vector.timezone }, now);
        const browser = await openBrowser(running.port, key);
        const greeting = await browser.next();
        const { text, how } = await exchange(running.port, piecesOf(vector.handshake, vector.message));
        assert.equal(how, 'end');
        assert.ok(text.startsWith(switching));
        if (isDump(rectype)) {
          const dump = {
            gsidmap: { 1: [greeting.sid] },
            wsclientmap: { [greeting.sid]: { gsid: '1', userid: '555' } },
          };
          const expected = JSON.stringify({ [rectype]: Object(dump)[rectype] });
          assert.equal(text.slice(switching.length), expected);
          assert.ok(running.logged.info.some((line) => line.includes(expected)));
          return;
        }
        assert.equal(text, switching);
        const json = (value: string | number) => JSON.stringify(value);
        const expected = `{"type":"update","sid":${json(wssid)},"gsid":${json(gsid)},"userid":${json(userid)},"rectype":${json(rectype)},"recid":${json(recid)}}`;
        assert.equal(await browser.nextText(), expected);
        assert.deepEqual(running.logged.warn, []);
      });
    }

    test(`recording ${index} is taken an hour later`, async () => {
      const { running } = await serverOf(vector, 1);
      await using _ = running;
      const { text } = await exchange(running.port, [vector.handshake, vector.message]);
      assert.ok(text.startsWith(switching));
      assert.ok(!text.includes('error'));
      assert.deepEqual(running.logged.warn, []);
    });

    test(`recording ${index} is refused once its hour and the next are over`, async () => {
      const { running, isStillGood } = await serverOf(vector, 2);
      await using _ = running;
      // Where clocks are set back an hour has the name of the one before, and its keys live an hour longer.
      assert.equal(isStillGood, vector.utc === '2026-11-01T05:30:00Z');
      if (isStillGood) return;
      const { socket, text, ended } = await openRaw(running.port, [vector.handshake, vector.message]);
      assert.equal(await ended, 'end', 'in order, since a reset would end PHP’s page');
      socket.destroy();
      assert.match(text(), /^HTTP\/1\.1 403 Forbidden\r\n.*"code":"key-wrong"/s);
      assert.equal(running.logged.warn.length, 1);
    });
  }
});

describe('browser keys as PHP makes them', () => {
  for (const [index, vector] of vectors.browserKeys.entries()) {
    const introduction = { type: 'getsid', userid: vector.userid, auth: vector.key178, gsid: vector.gsid };
    for (const hoursLater of [0, 1]) {
      test(`key ${index} of 18.6 is greeted at once ${hoursLater} hours later`, async () => {
        const { running } = await serverOf(vector, hoursLater);
        await using _ = running;
        const browser = await openBrowser(running.port, vector.key, '/wss/any/path');
        const text = await browser.nextText();
        const { sid } = JSON.parse(text);
        assert.ok(Number.isInteger(sid) && sid > 0);
        assert.equal(text, `{"type":"getsid","sid":${sid},"gsid":"${vector.gsid}","userid":"${vector.userid}"}`);
        assert.equal(running.server.connections, 1);
      });

      test(`key ${index} of 17.8 is greeted after its introduction ${hoursLater} hours later`, async () => {
        const { running } = await serverOf(vector, hoursLater);
        await using _ = running;
        const browser = await openBrowser(running.port, vector.key178);
        assert.equal(running.server.connections, 0);
        browser.socket.send(JSON.stringify(introduction));
        const greeting = await browser.next();
        assert.deepEqual(
          [greeting.type, greeting.gsid, greeting.userid, running.server.connections],
          ['getsid', vector.gsid, vector.userid, 1],
        );
      });
    }

    test(`keys ${index} are refused once their hour and the next are over`, async () => {
      const { running, isStillGood } = await serverOf(vector, 2);
      await using _ = running;
      assert.equal(isStillGood, vector.utc === '2026-11-01T05:30:00Z');
      if (isStillGood) return;
      await assert.rejects(openBrowser(running.port, vector.key), { status: 403 });
      await assert.rejects(openBrowser(running.port, vector.key178), { status: 403 });
    });
  }
});
