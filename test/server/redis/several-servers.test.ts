import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { type RedisEngine, redisEngine } from '../../../lib/redis/index.ts';
import type { StreamServerOptions } from '../../../lib/server/index.ts';
import { permuted } from '../../../lib/server/redis/sids.ts';
import { userKey } from '../../../lib/stream/gyroscope-keys.ts';
import { sessionName } from '../../../lib/stream/keys.ts';
import { closeCodes } from '../../../lib/stream/protocol.ts';
import { newPrefix, openClient, redisUrl } from '../../support/redis.ts';
import {
  http,
  keys,
  openPage,
  openSocket,
  type RunningServer,
  relay,
  secret,
  startServer,
  updateOf,
} from '../clients.ts';
import { until } from '../engine-contract.ts';
import { clock, internalKey, openBrowser, wssecret } from '../gyroscope-clients.ts';

interface Cluster extends AsyncDisposable {
  prefix: string;
  nodes: (RunningServer & { engine: RedisEngine })[];
  ports: [number, number, number];
}

/** Three servers on one Redis. */
async function three(options: Partial<StreamServerOptions> = {}): Promise<Cluster> {
  const prefix = newPrefix();
  const nodes: Cluster['nodes'] = [];
  for (let index = 0; index < 3; index += 1) {
    const engine = redisEngine({ redis: redisUrl, prefix, lingerMs: 200 });
    nodes.push(Object.assign(await startServer({ secrets: [secret], engine, ...options }), { engine }));
  }
  await until(() => nodes.every(({ server }) => server.ready));
  const ports = nodes.map(({ port }) => port) as [number, number, number];
  const close = async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]();
  };
  return { prefix, nodes, ports, [Symbol.asyncDispose]: close };
}

const at = ({ epoch, offset, offset0 }: { epoch: string; offset: number; offset0: number }) =>
  `at.${epoch}.${offset}.${offset0}`;

describe('three servers on one Redis', () => {
  test('each event reaches every page of its tenant on every server, once and in order', async () => {
    await using cluster = await three();
    const [a, b, c] = cluster.ports;
    const pages = [await openPage(a), await openPage(b), await openPage(c), await openPage(c)];
    const stranger = await openPage(b, '2');
    for (const [index, port] of [a, b, c, a].entries()) await relay(port, [updateOf({ recid: String(index) })]);
    await relay(b, [updateOf({ gsid: '0', recid: 'all' }), updateOf({ gsid: '2', recid: 'theirs' })]);
    for (const page of pages) {
      const got = [];
      for (let n = 0; n < 5; n += 1) got.push((await page.next()).recid);
      assert.deepEqual(got, ['0', '1', '2', '3', 'all']);
    }
    const theirs = [(await stranger.next()).recid, (await stranger.next()).recid].sort();
    assert.deepEqual(theirs, ['all', 'theirs']);
  });

  test('a page comes back on another one: exactly what it missed, its id, and the older connection ends', async () => {
    await using cluster = await three();
    const [a, b, c] = cluster.ports;
    const page = await openPage(a);
    await relay(b, [updateOf({ recid: '1', sid: page.sid })]);
    const seen = await page.next();
    assert.equal(seen.sid, page.sid);
    const protocols = [`resume.${page.greeting.resume}`, at({ ...page.greeting, ...seen })];
    await relay(c, [updateOf({ recid: '2' }), updateOf({ recid: '3' })]);
    const back = await openPage(b, '1', '7', { protocols });
    assert.deepEqual([back.sid, back.greeting.recovered], [page.sid, true]);
    assert.deepEqual([(await back.next()).recid, (await back.next()).recid], ['2', '3']);
    assert.equal((await page.closed).code, closeCodes.replaced.code);
    await relay(a, [updateOf({ recid: '4', sid: page.sid })]);
    assert.deepEqual(await back.next().then(({ recid, sid }) => [recid, sid]), ['4', page.sid]);
    assert.equal(cluster.nodes[1]?.server.connections, 1);
    // and back again: the later claim wins wherever it is
    const third = await openPage(a, '1', '7', { protocols });
    assert.equal((await back.closed).code, closeCodes.replaced.code);
    assert.equal(third.sid, page.sid);
  });

  test('a revocation on one closes the user’s pages on all, and is known to one that comes later', async () => {
    await using cluster = await three();
    const [a, b, c] = cluster.ports;
    const pages = [await openPage(a), await openPage(c)];
    const other = await openPage(b, '1', '8');
    const token = await keys.issueToken({ gsid: '1', userid: '7', login: 'ann' }, { at: Date.now() - 10 });
    await relay(b, [{ type: 'revoke', gsid: '1', userid: '7', at: Date.now() }]);
    for (const { closed } of pages) assert.equal((await closed).code, closeCodes.revoked.code);
    const engine = redisEngine({ redis: redisUrl, prefix: cluster.prefix });
    await using late = await startServer({ secrets: [secret], engine });
    await until(() => late.server.ready);
    for (const port of [...cluster.ports, late.port]) {
      await assert.rejects(openPage(port, '1', '7', { token }), { status: 401 });
    }
    other.socket.close();
  });

  test('signing out on one closes that session’s pages on all', async () => {
    await using cluster = await three();
    const [a, b] = cluster.ports;
    const token = (id: string) =>
      keys.issueToken({ gsid: '1', userid: '7', login: 'ann' }, { id: sessionName(id), at: 1 });
    const out = await openPage(a, '1', '7', { token: await token('one') });
    const stays = await openPage(a, '1', '7', { token: await token('two') });
    await relay(b, [{ type: 'revoke', gsid: '1', userid: '7', session: sessionName('one'), at: Date.now() }]);
    assert.equal((await out.closed).code, closeCodes.revoked.code);
    await relay(b, [updateOf()]);
    assert.equal((await stays.next()).type, 'update');
  });

  test('the rectype reauth has the user’s pages come back on all', async () => {
    await using cluster = await three();
    const [a, b, c] = cluster.ports;
    const edited = [await openPage(a, '1', '8'), await openPage(b, '1', '8')];
    await relay(c, [updateOf({ rectype: 'reauth', recid: '8' })]);
    for (const { closed } of edited) assert.equal((await closed).code, closeCodes.renew.code);
  });

  test('a dump tells of all of them', async () => {
    await using cluster = await three();
    const [a, b, c] = cluster.ports;
    const pages = [await openPage(a), await openPage(b), await openPage(c, '2', '9')];
    const [one, two, three_] = pages.map(({ sid }) => sid);
    const { json } = await relay(b, [
      updateOf({ gsid: '0', rectype: 'gsidmap' }),
      updateOf({ gsid: '0', rectype: 'wsclientmap' }),
    ]);
    const { gsidmap, wsclientmap } = json.dump;
    assert.deepEqual([gsidmap['1'].sort(), gsidmap['2']], [[one, two].sort(), [three_]]);
    assert.deepEqual(wsclientmap[String(three_)], { gsid: '2', userid: '9' });
    assert.equal(Object.keys(wsclientmap).length, 3);
  });

  test('a relay that comes again, to another one, gets the same answer and is not fanned out twice', async () => {
    await using cluster = await three();
    const [a, b, c] = cluster.ports;
    const page = await openPage(c);
    const id = `msg_${randomUUID()}`;
    const body = [
      updateOf({ recid: '1' }),
      updateOf({ gsid: '2', recid: 'x' }),
      { type: 'nothing' },
      updateOf({ recid: '2' }),
    ];
    const answers = await Promise.all([a, b, c, a].map((port) => relay(port, body, { id })));
    answers.push(await relay(b, body, { id, age: -1 }));
    for (const { status, json } of answers) {
      assert.deepEqual([status, json], [202, { accepted: 3, refused: [{ index: 2, code: 'event-malformed' }] }]);
    }
    await relay(a, [updateOf({ recid: 'next' })]);
    assert.deepEqual(
      [(await page.next()).recid, (await page.next()).recid, (await page.next()).recid],
      ['1', '2', 'next'],
    );
  });

  test('a server that begins takes stamps of before its start, but none of before the memory of Redis', async () => {
    await using cluster = await three();
    const [a] = cluster.ports;
    assert.equal((await relay(a, [updateOf()])).status, 202);
    await using client = await openClient();
    const floor = String((Math.floor(Date.now() / 1000) - 5) * 1_000_000);
    await client.hSet(`${cluster.prefix}{1}:meta`, { floor });
    assert.equal((await relay(a, [updateOf()], { age: 3 })).status, 202);
    const { status, json } = await relay(a, [updateOf()], { age: 10 });
    assert.deepEqual([status, json.error.code], [401, 'stamp-too-old']);
  });

  test('ids of Gyroscope’s wire keep their types on every server', async () => {
    const gyroscope = { compatibility: 'gyroscope', internalKey, wssecret, timeZone: 'UTC' } as const;
    await using cluster = await three(gyroscope);
    const [a, b] = cluster.ports;
    const old = await openBrowser(a, userKey(wssecret, '1', '7', clock));
    const { sid } = await old.next();
    const page = await openPage(b, '1', '8');
    const engine = cluster.nodes[2]?.engine;
    const event = { ...updateOf({ sid, recid: '9007199254740993' }) } as never;
    await engine?.append(event, { sid: `"${sid}"`, gsid: '1', userid: '7', recid: '9007199254740993' });
    const text = `{"type":"update","sid":"${sid}","gsid":1,"userid":7,"rectype":"product","recid":9007199254740993}`;
    assert.equal(await old.nextText(), text);
    assert.equal((await page.next()).recid, '9007199254740993');
  });
});

describe('connection ids over all servers', () => {
  test('are never given twice', async () => {
    await using cluster = await three();
    const drawn = new Set<number>();
    for (let n = 0; n < 3_000; n += 1) {
      for (const { engine } of cluster.nodes) {
        await until(() => engine.ready);
        const sid = engine.newSid?.();
        assert.ok(sid !== undefined && sid > 0 && sid <= 0xffff_ffff && !drawn.has(sid));
        drawn.add(sid);
      }
    }
    assert.equal(drawn.size, 9_000);
    await until(() => cluster.nodes.every(({ engine }) => engine.ready));
    const pages = [];
    for (const port of cluster.ports) pages.push(await openPage(port));
    for (const { sid } of pages) assert.ok(!drawn.has(sid));
  });

  test('look like any other number, and no two numbers become the same', () => {
    const seen = new Set(Array.from({ length: 20_000 }, (_, index) => permuted(index, 'key')));
    assert.equal(seen.size, 20_000);
    assert.ok([...seen].filter((sid) => sid > 0x8000_0000).length > 8_000);
  });
});

describe('a server that has no pages of a tenant', () => {
  test('sends no command, and gets no message, for its events', async () => {
    await using cluster = await three();
    const [a, b] = cluster.ports;
    const page = await openPage(a);
    await until(() => cluster.nodes.every(({ engine }) => engine.ready));
    await using client = await openClient();
    const heard: string[] = [];
    const idle = cluster.nodes[2]?.engine;
    const before = idle?.stats;
    await client.monitor((line) => heard.push(String(line)));
    const beats = () => heard.filter((line) => line.includes('EVALSHA') && line.includes(':nodes'));
    for (let n = 0; n < 50; n += 1) await relay(n % 2 ? a : b, [updateOf({ recid: String(n) })]);
    for (let n = 0; n < 50; n += 1) assert.equal((await page.next()).recid, String(n));
    await until(() => beats().length >= 3); // one of each server: what the idle one had to say has been said
    const after = idle?.stats;
    const commands = (after?.commands ?? 0) - (before?.commands ?? 0);
    const messages = (after?.messages ?? 0) - (before?.messages ?? 0);
    const byBeats = beats().length / 3 + 1;
    console.log(
      `50 events on two servers: the idle one got ${messages} messages, and sent ${commands} commands (its beats)`,
    );
    assert.equal(messages, 0);
    assert.ok(commands <= byBeats, `${commands} commands in ${byBeats} beats`);
    assert.equal(heard.filter((line) => line.includes('{1}:events') && line.includes('EVALSHA')).length, 50);
    assert.equal(after?.tenants, 1);
  });

  test('stops to listen a while after its last page has left', async () => {
    await using cluster = await three();
    const [a] = cluster.ports;
    const page = await openPage(a);
    const engine = cluster.nodes[0]?.engine;
    assert.equal(engine?.stats.tenants, 2);
    page.socket.close();
    await until(() => engine?.stats.tenants === 1);
    await using client = await openClient();
    const channel = `${cluster.prefix}{1}:events`;
    await until(
      async () => Number(((await client.pubSubShardNumSub([channel])) as Record<string, number>)[channel]) === 0,
    );
    const again = await openPage(a);
    await relay(a, [updateOf({ recid: 'again' })]);
    assert.equal((await again.next()).recid, 'again');
  });
});

test('a server whose Redis was never there is alive, not ready, and refuses with 503', async () => {
  const engine = redisEngine({ redis: 'redis://127.0.0.1:1', prefix: '' });
  await using running = await startServer({ secrets: [secret], engine });
  const { port } = running;
  assert.deepEqual(
    [(await http(port, { path: '/livez' })).status, (await http(port, { path: '/readyz' })).status],
    [200, 503],
  );
  const { status, json } = await relay(port, [updateOf()]);
  assert.deepEqual([status, json.error.code], [503, 'engine-away']);
  await assert.rejects(openPage(port), { status: 503 });
  await assert.rejects(openSocket(`ws://127.0.0.1:${port}/`, []), { status: 503 });
});

test('an engine belongs to one server', async () => {
  const engine = redisEngine({ redis: redisUrl, prefix: newPrefix() });
  await using running = await startServer({ secrets: [secret], engine });
  await assert.rejects(startServer({ secrets: [secret], engine }), TypeError);
  assert.ok(running.port > 0);
});
