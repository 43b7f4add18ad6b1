import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ActionlogError } from '../../lib/errors.ts';
import { CircuitBreaker } from '../../lib/stream/circuit-breaker.ts';

function made(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 1); // the longest pause that may be drawn
  const told: ActionlogError[] = [];
  const breaker = new CircuitBreaker({ onChange: (error) => told.push(error), failures: 3 });
  t.after(() => breaker.close());
  const fail = async () => {
    const refused = breaker.admit();
    if (refused) return refused.code;
    await assert.rejects(breaker.attempt(() => Promise.reject(new Error('away'))));
    return 'tried';
  };
  const pass = async () => {
    assert.equal(breaker.admit(), undefined);
    return await breaker.attempt(async () => 'answer');
  };
  return { breaker, told, fail, pass, codes: () => told.map(({ code }) => code) };
}

test('a few failures in a row open it: after that nothing is tried, and that is told once', async (t) => {
  const { told, fail, codes } = made(t);
  assert.deepEqual([await fail(), await fail(), await fail()], ['tried', 'tried', 'tried']);
  assert.deepEqual([await fail(), await fail()], ['relay-paused', 'relay-paused']);
  assert.deepEqual(codes(), ['relay-paused']);
  assert.equal((told[0]?.cause as Error | undefined)?.message, 'away');
});

test('failures with successes between do not open it', async (t) => {
  const { breaker, fail, pass, codes } = made(t);
  for (let n = 0; n < 4; n += 1) {
    await fail();
    await fail();
    await pass();
  }
  assert.equal(breaker.open, false);
  assert.deepEqual(codes(), []);
});

test('an answer of 429 opens nothing, and closes what is open: the server is there', async (t) => {
  const { breaker, fail, codes } = made(t);
  const less = new ActionlogError('relay-refused', 'too many', { fields: { status: 429 } });
  const asked = () => breaker.attempt(() => Promise.reject(less));
  for (let n = 0; n < 5; n += 1) {
    await fail();
    await assert.rejects(asked(), less);
  }
  assert.equal(breaker.open, false);
  for (let n = 0; n < 3; n += 1) await fail();
  t.mock.timers.tick(1000);
  assert.equal(breaker.admit(), undefined);
  await assert.rejects(asked(), less);
  assert.equal(breaker.open, false);
  assert.deepEqual(codes(), ['relay-paused', 'relay-resumed']);
});

test('after a pause one attempt alone is made; where it fails the next pause is longer, up to a bound', async (t) => {
  const { breaker, fail, codes } = made(t);
  for (let n = 0; n < 3; n += 1) await fail();
  for (const pauseMs of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
    t.mock.timers.tick(pauseMs - 1);
    assert.equal(await fail(), 'relay-paused');
    t.mock.timers.tick(1);
    assert.equal(breaker.admit(), undefined, 'the probe');
    assert.equal(await fail(), 'relay-paused', 'nobody else meanwhile');
    await assert.rejects(breaker.attempt(() => Promise.reject(new Error('away'))));
  }
  assert.deepEqual(codes(), ['relay-paused']);
});

test('a probe that is answered closes it, and that is told; one that came to nothing is made by the next', async (t) => {
  const { breaker, fail, pass, codes } = made(t);
  for (let n = 0; n < 3; n += 1) await fail();
  t.mock.timers.tick(1000);
  assert.equal(breaker.admit(), undefined);
  breaker.withdrawn();
  assert.equal(await pass(), 'answer');
  assert.equal(breaker.open, false);
  assert.deepEqual(codes(), ['relay-paused', 'relay-resumed']);
});

test('a reset forgets failures and pauses, and tells nobody', async (t) => {
  const { breaker, fail, pass, codes } = made(t);
  for (let n = 0; n < 3; n += 1) await fail();
  assert.equal(breaker.paused, true);
  breaker.reset();
  assert.deepEqual([breaker.open, breaker.paused], [false, false]);
  t.mock.timers.tick(60_000);
  assert.equal(breaker.paused, false, 'the timer of the pause is stopped');
  assert.deepEqual([await fail(), await fail()], ['tried', 'tried']);
  assert.equal(breaker.open, false, 'counted anew');
  await pass();
  assert.deepEqual(codes(), ['relay-paused']);
});
