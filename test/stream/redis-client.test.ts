import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { redisUrl } from '../support/redis.ts';

const pathOf = (url: string) => (url.startsWith('unix://') ? url.slice('unix://'.length) : undefined);
const nodeRedis = (module: string) => (url: string) => {
  const path = pathOf(url);
  return `(await import('${module}')).createClient(${JSON.stringify(path ? { socket: { path } } : { url })})`;
};
const ioredis = (module: string) => (url: string) =>
  `new (await import('${module}')).Redis(${JSON.stringify(pathOf(url) ?? url)}, { lazyConnect: true })`;

/** What a process gives `openRedis`, as source text. */
const clients = {
  address: (url: string) => JSON.stringify(url),
  'node-redis': nodeRedis('redis'),
  'node-redis 5': nodeRedis('redis-5'),
  ioredis: ioredis('ioredis'),
  'ioredis 5': ioredis('ioredis-5'),
};

/** Opens and closes a connection in a process of its own, which ends by itself where nothing is left open. */
async function endsByItself(client: keyof typeof clients, url: string, waitMs: number): Promise<void> {
  const module = fileURLToPath(new URL('../../lib/stream/redis-open.ts', import.meta.url));
  const script = `
    const { openRedis } = await import(${JSON.stringify(module)});
    const connection = await openRedis(${clients[client](url)});
    await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
    connection.close();
  `;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = await once(child, 'exit');
  clearTimeout(late);
  assert.equal(code, 0, `${client} at ${url}, closed after ${waitMs} ms`);
}

for (const client of Object.keys(clients) as (keyof typeof clients)[]) {
  test(`a connection given ${client} leaves nothing open, whenever it is closed`, async () => {
    const cases = [redisUrl, 'redis://127.0.0.1:1'].flatMap((url) => [0, 300].map((waitMs) => [url, waitMs] as const));
    await Promise.all(cases.map(([url, waitMs]) => endsByItself(client, url, waitMs)));
  });
}
