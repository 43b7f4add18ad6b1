import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { steadyPort } from '../faults/processes.ts';
import { openClient } from './redis.ts';
import { redisServer } from './services.ts';

/** A Redis of a test's own, which may be killed and started again on its data. */
export interface OwnRedis extends AsyncDisposable {
  url: string;
  port: number;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Stops and continues it, as a machine that hangs. */
  freeze(): void;
  thaw(): void;
}

/** Starts one; by default it keeps what it has written (`appendonly`). */
export async function ownRedis(...flags: string[]): Promise<OwnRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-own-redis-'));
  const port = await steadyPort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const start = async () => {
    const usual = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
    child = spawn(redisServer(), [...usual, '--appendonly', 'yes', ...flags], { stdio: 'ignore' });
    for (let waited = 0; waited < 10_000; waited += 25) {
      const client = await openClient(url, false).catch(() => undefined);
      const answer = await client?.ping().catch(() => undefined);
      client?.destroy();
      if (answer === 'PONG') return;
      await sleep(25);
    }
    throw new Error('Redis did not start');
  };
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    ...{ url, port, start, kill },
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
