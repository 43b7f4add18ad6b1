import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scrubber } from '../../lib/cli/scrub.ts';
import { serveLog } from '../../lib/cli/serve-log.ts';
import { openPage } from '../support/pages.ts';
import { cli, secret, serve } from './support/run.ts';

const wrong = 'another-secret-of-more-than-thirty-two-bytes';

test('one JSON line for each thing that happens, and no secret in any, right or wrong', async () => {
  const lines: Record<string, unknown>[] = [];
  let printed = '';
  {
    await using server = await serve(['--log-level', 'debug']);
    await using page = await openPage(server.url, secret, { gsid: '3', userid: '42' });
    await assert.rejects(openPage(server.url, wrong, { gsid: '3', userid: '42' }), /401/);
    const argv = ['--url', server.url, '--rectype', 'product', '--recid', '12'];
    for (const each of [secret, wrong]) {
      const { out, err } = await cli(['send', ...argv], { STREAM_SECRET: each });
      printed += out + err;
    }
    const dumped = await cli(['dump', 'gsidmap', '--url', server.url], { STREAM_SECRET: secret });
    assert.equal(dumped.code, 0);
    server.stop();
    await server.code;
    await page.closed;
    lines.push(...server.lines());
    printed += server.said.out + server.said.err;
  }
  const events = lines.map(({ event }) => event);
  for (const event of [
    'started',
    'page-connected',
    'token',
    'connect-refused',
    'signature',
    'dump',
    'closing',
    'closed',
  ]) {
    assert.ok(events.includes(event), `${event} in ${events}`);
  }
  assert.ok(lines.every(({ level, time, msg }) => level && time && msg));
  for (const each of [secret, wrong]) assert.ok(!printed.includes(each));
  assert.doesNotMatch(printed, /eyJ[\w-]+\.[\w-]+\./, 'a token');
});

test('the level bounds what is logged: pages connect at debug', async () => {
  await using server = await serve(['--log-level', 'info']);
  await using page = await openPage(server.url, secret, { gsid: '3', userid: '42' });
  assert.ok(page.greeting.sid > 0);
  assert.doesNotMatch(server.said.out, /page-connected/);
});

test('a secret that a driver or a caller puts into a message or field is taken out', () => {
  const out: string[] = [];
  const env = { REDIS_URL: 'redis://:p%40ss-word@10.0.0.5', WSSECRET: 'quo"ted-secret' };
  const stdout = { write: (text: string) => out.push(text) };
  const log = serveLog({ env, stdout }, { level: 'info' });
  log.error({ err: new Error('cannot connect to redis://:p%40ss-word@10.0.0.5 with p@ss-word') }, 'quo"ted-secret');
  log.info({ secrets: ['never in the environment'], deep: { token: 'bearer of it' } }, 'options');
  assert.doesNotMatch(out.join(''), /ss-word|ted-secret|never in|bearer of/);
  assert.equal(scrubber({})('as it is'), 'as it is');
});

test('text for people: time of day, level where it is not the usual one, message, fields', () => {
  const out: string[] = [];
  const stdout = { write: (text: string) => out.push(text), isTTY: true };
  const log = serveLog({ env: {}, stdout }, { level: 'info' });
  log.info({ event: 'started', url: 'http://127.0.0.1:9999' }, 'streaming server');
  log.warn({ event: 'relay-refused', code: 'stamp-too-old' }, 'a relay was refused');
  assert.match(out[0] ?? '', /^\d\d:\d\d:\d\d streaming server url=http:\/\/127\.0\.0\.1:9999\n$/);
  assert.match(out[1] ?? '', / WARN a relay was refused code=stamp-too-old\n$/);
});
