import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sharedDatabase } from '../faults/database.ts';
import { until } from '../faults/stand.ts';
import { mostWithin, nginxPages } from './nginx-pages.ts';
import { type NginxStand, nginxStand } from './nginx-stand.ts';

const count = 120;

/** Runs the docs' script, whose command for one node asks this process to restart it. */
async function rollingRestart({ nodePorts, restart }: NginxStand): Promise<string> {
  const manager = createServer((req, res) => {
    const done = restart(Number((req.url ?? '').slice(1)));
    done.then(
      () => res.end(),
      (error) => res.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(manager, 'listening');
  const { port } = manager.address() as AddressInfo;
  const script = fileURLToPath(new URL('../../docs/nginx/rolling-restart.sh', import.meta.url));
  const env = { ...process.env, RESTART: `curl -sS --fail http://127.0.0.1:${port}/`, SETTLE: '1' };
  const child = spawn('sh', [script, ...nodePorts.map(String)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  manager.close();
  assert.equal(code, 0, said);
  return said;
}

test('a rolling restart of three nodes under load loses nothing, and pages come back spread over time', async () => {
  await using database = await sharedDatabase();
  await using stand = await nginxStand(database);
  await using made = await nginxPages(stand, database, count);
  const { writer } = made;
  const before = stand.connects.length;
  assert.equal(before, count);
  await writer.writeDuring(stand.origin, async () => {
    const said = await rollingRestart(stand);
    assert.deepEqual(said.match(/\d+/g), stand.nodePorts.map(String));
    await made.connected();
  });
  const line = await made.settle('rolling restart behind nginx');
  const returns = stand.connects.slice(before);
  const greeted = made.greetings() - count;
  const spread = mostWithin(returns, 100);
  console.log(
    `${count} pages: ${greeted} came back in ${returns.length} attempts, at most ${spread} of them within 100 ms ` +
      `(${Math.round((100 * spread) / count)} % of the pages); ${line.repeats} events came again over the wire`,
  );
  assert.ok(returns.length <= 2 * greeted, 'nobody hammers: an attempt that fails is the exception');
  assert.ok(greeted >= count, 'every node had pages, and each of them came back');
  // A page is told by each node once, at most: it comes back three times if it is moved on to each in turn.
  assert.ok(greeted <= 3 * count, 'no page was sent away but by its own node');
  const asked = made.pages.filter(({ greetings }) => greetings.includes(false)).length;
  assert.equal(asked, 0, 'each got what it had missed from the node that it came to');
});

test('the rollout stops before it begins where a node is not ready', async () => {
  const script = fileURLToPath(new URL('../../docs/nginx/rolling-restart.sh', import.meta.url));
  const env = { ...process.env, RESTART: 'echo began with ' };
  const child = spawn('sh', [script, '1'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text));
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(said, /^node 1 is not ready/);
  assert.doesNotMatch(said, /began/);
});

test('a reload of nginx leaves the pages where they are', async () => {
  await using database = await sharedDatabase();
  await using stand = await nginxStand(database);
  await using made = await nginxPages(stand, database, 30);
  const old = stand.nginx.workers();
  await made.writer.writeDuring(stand.origin, async () => {
    await stand.nginx.reload();
    await made.writer.write(stand.origin, 40);
  });
  await made.settle('nginx reloaded');
  assert.equal(made.greetings(), 30, 'nobody had to come back');
  const kept = stand.nginx.workers().filter((pid) => old.includes(pid));
  console.log(`${kept.length} workers of before the reload keep their pages`);
  assert.ok(kept.length > 0);
});

test('with worker_shutdown_timeout a reload moves the pages to the new workers, and loses nothing', async () => {
  await using database = await sharedDatabase();
  await using stand = await nginxStand(database, { workerShutdownSeconds: 1 });
  await using made = await nginxPages(stand, database, 60);
  const old = stand.nginx.workers();
  const before = stand.connects.length;
  await made.writer.writeDuring(stand.origin, async () => {
    await stand.nginx.reload();
    await until(() => made.greetings() >= 120);
    while (stand.nginx.workers().some((pid) => old.includes(pid))) await sleep(50);
    await made.connected();
  });
  await made.settle('nginx reloaded, pages moved');
  const returns = stand.connects.slice(before);
  console.log(
    `60 pages were cut at once, and came back in ${returns.length} attempts, at most ${mostWithin(returns, 100)} within 100 ms`,
  );
});
