import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import mysql from 'mysql2/promise';
import { ExpressActionlog } from '../lib/actionlog.ts';
import { checkOptions } from '../lib/actionlog-options.ts';
import type { Clock } from '../lib/clock.ts';
import { type ActionlogError, migrate } from '../lib/index.ts';
import { Opening } from '../lib/opening.ts';
import { withQuery } from './action/mysql-pools.ts';
import { createDatabase } from './support/mariadb.ts';

/** A clock whose timers the test fires. */
function clockByHand() {
  const due = new Map<() => void, number>();
  const clock: Clock = {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after(ms, then) {
      due.set(then, ms);
      return () => due.delete(then);
    },
  };
  const fire = () => {
    const [[then, ms] = []] = due;
    if (then) due.delete(then);
    then?.();
    return ms;
  };
  return { clock, fire, due };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what cannot be opened is tried again, ever more rarely, until it is open; only the first failure is told', async () => {
  const { clock, fire, due } = clockByHand();
  const told: unknown[] = [];
  let failures = 8;
  const open = async () => {
    failures -= 1;
    if (failures >= 0) throw new Error(`${failures} more`);
  };
  const opening = new Opening({ open, onError: (error) => told.push(error), clock });
  const pauses: unknown[] = [];
  for (await turn(); due.size > 0; await turn()) pauses.push(fire());
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual([failures, told.length], [-1, 1]);
  opening.close();
});

test('after close it is not tried again, and what close itself made fail is not told', async () => {
  const { clock, due } = clockByHand();
  const open = async () => {
    throw new Error('away');
  };
  const told: unknown[] = [];
  const options = { open, onError: (error: unknown) => told.push(error), clock };
  const waiting = new Opening(options);
  await turn();
  assert.equal(due.size, 1);
  waiting.close();
  assert.equal(due.size, 0);
  new Opening(options).close();
  await turn();
  assert.deepEqual([due.size, told.length], [0, 1]);
});

test('an action log whose table comes later finds it without a request', { timeout: 30_000 }, async (t) => {
  await using database = await createDatabase();
  const pool = mysql.createPool(database.url);
  t.after(() => pool.end());
  const { clock, fire } = clockByHand();
  const asked = new EventEmitter();
  const take = () => pool.getConnection();
  const watched = withQuery(pool, take, async (connection, sql) => {
    if (sql.includes('VERSION()')) asked.emit('version');
    return await connection.query(sql);
  });
  const failed = new Promise<ActionlogError>((resolve) => {
    const options = checkOptions({ database: watched, session: () => undefined, onError: (e) => resolve(e as never) });
    const actionlog = new ExpressActionlog(options, { clock });
    t.after(() => actionlog.close());
  });
  assert.equal((await failed).code, 'table-missing');
  await turn();
  await migrate({ database: database.url });
  const read = once(asked, 'version');
  assert.equal(fire(), 1000);
  await read;
});
