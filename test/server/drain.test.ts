import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createStreamServer } from '../../lib/server/index.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { keys, openPage, relay, secret, silentLogger, startServer, updateOf } from './clients.ts';

const pages = 1_000;
const events = 60;

/** What one page knows, over all its connections. */
interface Life {
  userid: string;
  seen: Set<string>;
  greeted: number;
  told: number[];
  /** When it was told to leave, and when it was greeted again, by `performance.now()`. */
  leftAt: number;
  backAt: number;
  place: string | undefined;
  socket: WebSocket | undefined;
  /** Whether its user has closed it. */
  over: boolean;
}

/** A page that does what docs/protocol.md says: comes back when it was told, and asks for what it missed. */
async function live(life: Life, port: () => number, missed: () => Iterable<string>): Promise<void> {
  const token = await keys.issueToken({ gsid: '1', userid: life.userid, login: life.userid });
  const offered = ['actionlog', `bearer.${token}`, ...(life.place ? [`at.${life.place}`] : [])];
  const socket = new WebSocket(`ws://127.0.0.1:${port()}`, offered);
  life.socket = socket;
  let afterMs: number | undefined;
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'leave') {
      afterMs = message.afterMs as number;
      life.told.push(afterMs);
      life.leftAt = performance.now();
    }
    if (message.type === 'update') life.seen.add(message.alogid);
    if (message.type !== 'getsid') return;
    life.greeted += 1;
    life.backAt = performance.now();
    if (message.recovered === false) for (const alogid of missed()) life.seen.add(alogid);
    life.place = `${message.epoch}.${message.offset}.${message.offset0}`;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  if (life.over) return;
  await sleep(afterMs ?? 20 + Math.random() * 50);
  await live(life, port, missed);
}

describe('a shutdown with many pages', () => {
  test('tells each when to come back; all come back to the next server in that time, and have seen all', async () => {
    const returnWithinMs = 3_000;
    const { logger } = silentLogger();
    const options = { secrets: [secret], returnWithinMs, drainMs: 1_000, logger };
    let server = createStreamServer(options);
    const { port } = await server.listen();
    /** What an application server would answer to `GET /entries`. */
    const written: string[] = [];
    let taken = 0;
    const lives = Array.from({ length: pages }, (_, n): Life => {
      const state = { seen: new Set<string>(), greeted: 0, told: [], leftAt: 0, backAt: 0 };
      return { userid: `u${n}`, ...state, place: undefined, socket: undefined, over: false };
    });
    const ended = lives.map((life) =>
      live(
        life,
        () => port,
        () => written,
      ),
    );
    const until = async (what: () => boolean) => {
      while (!what()) await sleep(10);
    };
    await until(() => lives.every(({ greeted }) => greeted === 1));

    let restarted = false;
    const sender = (async () => {
      for (let n = 1; n <= events; n += 1) {
        if (n === events / 3) await until(() => restarted); // the half of them after the restart
        written.push(`${n}`); // the row first
        const sent = () => relay(port, [updateOf({ alogid: `${n}` })]).catch(() => undefined);
        while ((await sent())?.status !== 202) await sleep(10); // as the sweep does
        taken += 1;
      }
    })();
    await until(() => taken >= 5);
    await server.close();
    server = createStreamServer(options);
    await server.listen({ port });
    restarted = true;
    await until(() => lives.every(({ greeted }) => greeted >= 2));
    await sender;
    await until(() => lives.every(({ seen }) => seen.size === events));

    const told = lives.flatMap((life) => life.told);
    assert.equal(told.length, pages, 'each page was told once');
    assert.ok(Math.max(...told) <= 1_000 + returnWithinMs);
    assert.ok(new Set(told).size > pages / 10, 'at different times');
    const early = lives.filter(({ told: [afterMs = 0], backAt, leftAt }) => backAt - leftAt < afterMs - 5);
    assert.deepEqual(early, [], 'nobody came before his time');
    const [delivered, expected] = [lives.reduce((sum, { seen }) => sum + seen.size, 0), pages * events];
    assert.equal(delivered, expected, 'nothing is lost');
    for (const life of lives) {
      life.over = true;
      life.socket?.close();
    }
    await server.close();
    await Promise.all(ended);
  });

  test('is done at once with a few, who come back soon', async () => {
    const running = await startServer();
    const page = await openPage(running.port);
    const closing = running.server.close();
    const { type, afterMs } = await page.next();
    assert.ok(type === 'leave' && afterMs >= 0 && afterMs <= 5, `${type} ${afterMs}`);
    assert.equal((await page.closed).code, closeCodes.shutdown.code);
    await closing;
  });
});
