import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';
import { SeenRelays } from '../../lib/server/seen-relays.ts';

const start = Date.parse('2026-03-05T09:00:00.400Z');
const stampOf = (ms: number) => Math.floor(ms / 1000);
const now = () => stampOf(Date.now());
const at = (seconds: number) => mock.timers.setTime(start + seconds * 1000);

describe('a memory of relays', () => {
  let seen: SeenRelays<number>;
  let work: number;
  const take = (id: string, stamp = now()) => seen.take(id, stamp, async () => (work += 1));

  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ['Date'], now: start });
    seen = new SeenRelays({ toleranceMs: 60_000, max: 3 });
    work = 0;
  });

  test('does the work of an id once, and gives its answer again', async () => {
    assert.deepEqual([await take('a'), await take('a'), await take('b'), await take('a')], [1, 1, 2, 1]);
  });

  test('gives the same answer while the work is under way', async () => {
    assert.deepEqual(await Promise.all([take('a'), take('a')]), [1, 1]);
  });

  test('lets a retry do the work that failed', async () => {
    await assert.rejects(
      seen.take('a', now(), () => Promise.reject(new Error('engine'))),
      /engine/,
    );
    assert.equal(await take('a'), 1);
  });

  test('takes stamps within the tolerance, both ways, and no others', async () => {
    at(1_000);
    const ages = [-61, -60, 60, 61];
    assert.deepEqual(
      ages.map((age) => seen.refuses(now() - age)),
      ['stamp-too-new', undefined, undefined, 'stamp-too-old'],
    );
  });

  test('refuses stamps from before its own start', async () => {
    at(10);
    assert.equal(seen.refuses(stampOf(start) - 1), 'stamp-too-old');
    assert.equal(seen.refuses(stampOf(start)), undefined);
    assert.equal(await take('a', stampOf(start) - 1), 'stamp-too-old');
  });

  test('remembers an id for as long as its stamp is taken, also one that lies in the future', async () => {
    const stamp = now() + 60;
    assert.equal(await take('a', stamp), 1);
    at(120);
    assert.equal(await take('a', stamp), 1);
    at(121);
    assert.equal(await take('a', stamp), 'stamp-too-old');
  });

  test('remembers the id of a retry for as long as the newer stamp is taken', async () => {
    const first = now();
    await take('a', first);
    at(50);
    const second = now();
    assert.equal(await take('a', second), 1);
    at(61);
    await take('b');
    assert.equal(await take('a', second), 1);
    assert.equal(work, 2);
  });

  test('refuses what it could not remember, and takes it again once there is room', async () => {
    for (const id of ['a', 'b', 'c']) await take(id);
    assert.equal(await take('d'), 'memory-full');
    assert.equal(await take('a'), 1, 'what is known is answered all the same');
    at(61);
    assert.equal(await take('d'), 4);
    assert.equal(seen.size, 1);
  });

  test('takes no forgotten id again where the clock is set back', async () => {
    const stamp = now();
    await take('a', stamp);
    at(61);
    await take('b');
    at(30);
    assert.equal(await take('a', stamp), 'stamp-too-old');
    assert.equal(await take('c'), 3, 'a fresh stamp is taken');
  });
});
