import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Waits } from '../../lib/action/waits.ts';

/** Something to wait for, which the test gives. */
function coming() {
  let give: (name: string) => void = () => undefined;
  const promise = new Promise<string>((resolve) => {
    give = resolve;
  });
  return { promise, give: (name: string) => give(name) };
}

function stage(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const back: string[] = [];
  const waits = new Waits<string>(
    (name) => back.push(name),
    () => new RangeError('late'),
  );
  return { waits, back, seconds: (count: number) => t.mock.timers.tick(count * 1000) };
}

test('what comes in time is had, and an error is told', async (t) => {
  const { waits, back, seconds } = stage(t);
  const one = coming();
  const had = waits.until(one.promise);
  seconds(15);
  one.give('a');
  assert.equal(await had, 'a');
  await assert.rejects(waits.until(Promise.reject(new TypeError('away'))), { message: 'away' });
  seconds(60);
  assert.deepEqual(back, []);
});

test('who waits in vain for longer than 15 s is let go, and what comes later is given back', async (t) => {
  const { waits, back, seconds } = stage(t);
  const first = coming();
  const had = waits.until(first.promise);
  seconds(10);
  const second = coming();
  const later = waits.until(second.promise);
  seconds(6);
  await assert.rejects(had, { name: 'RangeError', message: 'late' });
  second.give('b');
  assert.equal(await later, 'b');
  first.give('a');
  await first.promise;
  assert.deepEqual(back, ['a']);
  // and it begins anew
  const third = waits.until(coming().promise);
  seconds(16);
  await assert.rejects(third, { message: 'late' });
});

test('a long queue that goes on is no wait in vain', async (t) => {
  const { waits, seconds } = stage(t);
  const queue = Array.from({ length: 9 }, coming);
  const had = queue.map(({ promise }) => waits.until(promise));
  for (const [index, { give }] of queue.entries()) {
    seconds(10);
    give(String(index));
    assert.equal(await had[index], String(index));
  }
});
