import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../lib/index.ts';
import { relayAuth, userKey } from '../../lib/stream/gyroscope-keys.ts';
import { gyroscopeTable } from '../action/tables.ts';
import { run } from '../cli/support/run.ts';
import { createDatabase } from '../support/mariadb.ts';
import { exchange } from './clients.ts';
import {
  clock,
  handshakeOf,
  internalKey,
  messageOf,
  openBrowser,
  relayOf,
  startGyroscope,
  wssecret,
} from './gyroscope-clients.ts';

const browserAt = async (port: number) => {
  const browser = await openBrowser(port, userKey(wssecret, 3, 42, clock));
  assert.equal((await browser.next()).type, 'getsid');
  return browser;
};

/** Relays of whatever key, with their upgrade. */
const relays = () =>
  ['', internalKey].map((key) => {
    const relay = { gsid: 3, recid: 5 };
    return [handshakeOf(3), messageOf(relay, relayAuth(key, relayOf(relay) as never, clock))];
  });

test('in legacy mode browsers hear what the table holds, and no relay is taken, whatever its key', async () => {
  await using database = await createDatabase();
  await database.query(gyroscopeTable());
  await migrate({ database: database.url, only: 'lease' });
  const poll = { database: database.url, everyMs: 20 };
  await using running = await startGyroscope({ internalKey: '', poll });
  const browser = await browserAt(running.port);
  for (const pieces of relays()) {
    const { text, how } = await exchange(running.port, pieces);
    assert.equal(how, 'end');
    assert.match(text, /^HTTP\/1\.1 404 .*"code":"wire-closed".*empty internalKey/s);
  }
  assert.match(running.logged.warn[0] ?? '', /a relay on Gyroscope's wire was refused: .*empty internalKey/);
  const logdate = Math.floor(Date.now() / 1000);
  const row = {
    gsid: 3,
    userid: 42,
    logname: 'ann',
    logmessage: 'm',
    rawobj: '[]',
    logdate,
    rectype: 'product',
    recid: 12,
  };
  await database.query('INSERT INTO actionlog SET ?', [row]);
  const { type, gsid, rectype, recid } = await browser.next();
  assert.deepEqual([type, gsid, rectype, recid], ['update', '3', 'product', '12']);
});

test('in legacy mode a wrong key is told as ever', async () => {
  await using running = await startGyroscope({ internalKey: '' });
  const { text } = await exchange(running.port, [handshakeOf(3, 'nonsense')]);
  assert.match(text, /^HTTP\/1\.1 403 /);
});

test('serve takes a WSS_INTERNAL_KEY that is set and empty for legacy mode; one that is not set is wrong use', async () => {
  const argv = ['serve', '--port', '0', '--drain-ms', '10', '--compatibility', 'gyroscope'];
  const unset = run(argv, { WSSECRET: wssecret });
  assert.equal(await unset.code, 2);
  assert.match(unset.said.err, /set WSS_INTERNAL_KEY .*empty text \(WSS_INTERNAL_KEY=\).*--poll/);
  const running = run(argv, { WSSECRET: wssecret, WSS_INTERNAL_KEY: '' });
  const [, port] = await running.until(/"event":"started","url":"http:\/\/127\.0\.0\.1:(\d+)"/);
  const browser = await browserAt(Number(port));
  const [pieces = []] = relays();
  assert.match((await exchange(Number(port), pieces)).text, /"code":"wire-closed"/);
  await running.until(/was refused: .*empty internalKey/);
  running.stop();
  assert.equal(await running.code, 0, running.said.err);
  await browser.closed;
});
