import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Heartbeat } from '../../lib/server/heartbeat.ts';
import type { PageLink } from '../../lib/server/page-link.ts';
import { readFrames } from './frame-reader.ts';

/** Links that only count, under a clock that the test moves. */
function beating(t: TestContext, periodMs: number) {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const links = new Set<PageLink>();
  const errors: unknown[] = [];
  const heartbeat = new Heartbeat(links, periodMs, (error) => errors.push(error));
  const add = (wire: 'default' | 'gyroscope' = 'default') => {
    const link = { wire, beatAt: 0, at: [] as number[], got: [] as (readonly Buffer[])[] };
    const beat = (buffers: readonly Buffer[]) => {
      link.at.push(now);
      link.got.push(buffers);
    };
    const one = Object.assign(link, { beat });
    heartbeat.add(one as unknown as PageLink);
    return one;
  };
  const pass = (ms: number, stepMs = 10) => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      now += stepMs;
      t.mock.timers.tick(stepMs);
    }
  };
  return { heartbeat, links, errors, add, pass };
}

describe('heartbeats', () => {
  test('come once in every period, counted from when a page came', (t) => {
    const { add, pass } = beating(t, 1_000);
    const early = add();
    pass(400);
    const late = add();
    pass(2_700);
    assert.deepEqual(
      [early.at, late.at],
      [
        [1_000, 2_000, 3_000],
        [1_400, 2_400],
      ],
    );
  });

  test('are made once for all that are due, a ping in the same write, and only the ping on the wire of Gyroscope', (t) => {
    const { add, pass } = beating(t, 1_000);
    const [one, two, browser] = [add(), add(), add('gyroscope')];
    pass(1_000);
    assert.ok(one.got[0]?.[0] && one.got[0] === two.got[0]);
    const opcodes = ([buffers]: (readonly Buffer[])[]) =>
      readFrames(Buffer.concat(buffers ?? [])).frames.map(({ opcode }) => opcode);
    assert.deepEqual([one.got[0].length, opcodes(one.got), opcodes(browser.got)], [1, [1, 9], [9]]);
  });

  test('of pages that came all at once are spread, and none is left out', (t) => {
    const { add, pass } = beating(t, 1_000);
    const all = Array.from({ length: 10_000 }, () => add());
    pass(1_000);
    const counts: number[] = [];
    for (let turn = 0; turn < 21; turn += 1) {
      counts.push(all.filter(({ at }) => at.length > 0).length);
      pass(10);
    }
    assert.deepEqual(counts.slice(0, 3), [500, 1_000, 1_500]);
    assert.equal(counts.at(-1), 10_000);
    pass(1_000);
    assert.ok(all.every(({ at: [first = 0, second = 0] }) => second - first >= 1_000 && second - first <= 1_010));
  });

  test('go on where one fails, and the timer ends with the last page', (t) => {
    const { heartbeat, links, errors, add, pass } = beating(t, 1_000);
    const broken = add();
    broken.beat = () => {
      throw new Error('gone');
    };
    const well = add();
    pass(1_000);
    assert.deepEqual([errors.length, well.at.length], [1, 1]);
    for (const link of links) heartbeat.remove(link);
    pass(2_000);
    assert.equal(well.at.length, 1);
  });
});
