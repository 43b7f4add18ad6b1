import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { redisUrl } from '../support/redis.ts';

/** Opens and closes a connection in a process of its own, which ends by itself where nothing is left open. */
async function endsByItself(client: string, url: string, waitMs: number): Promise<void> {
  const module = fileURLToPath(new URL('../../lib/stream/redis-open.ts', import.meta.url));
  const path = url.startsWith('unix://') ? url.slice('unix://'.length) : undefined;
  const made = {
    address: JSON.stringify(url),
    'node-redis': `(await import('redis')).createClient(${JSON.stringify(path ? { socket: { path } } : { url })})`,
    ioredis: `new (await import('ioredis')).Redis(${JSON.stringify(path ?? url)}, { lazyConnect: true })`,
  }[client];
  const script = `
    const { openRedis } = await import(${JSON.stringify(module)});
    const connection = await openRedis(${made});
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

for (const client of ['address', 'node-redis', 'ioredis']) {
  test(`a connection given ${client} leaves nothing open, whenever it is closed`, async () => {
    const cases = [redisUrl, 'redis://127.0.0.1:1'].flatMap((url) => [0, 300].map((waitMs) => [url, waitMs] as const));
    await Promise.all(cases.map(([url, waitMs]) => endsByItself(client, url, waitMs)));
  });
}
