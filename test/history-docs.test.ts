import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { changes, createActionlog, parseSearch } from '../lib/index.ts';

const page = readFileSync('docs/history.md', 'utf8');
const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
/** A function of a block's code, with what it imports given, that gives what its names stand for then. */
function runnable(code: string): (scope: Record<string, unknown>) => Promise<Record<string, unknown>> {
  const plain = code.replace(/^import .*$/gm, '');
  const names = [...plain.matchAll(/^const (?:\{ (\w+) = .*\}|(\w+))/gm)].map(([, a, b]) => a ?? b);
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;
  return async (scope) => {
    const body = `${plain}\nreturn { ${names.join(', ')} };`;
    return await new AsyncFunction(...Object.keys(scope), body)(...Object.values(scope));
  };
}

test('the examples of docs/history.md run as printed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-docs-'));
  const actionlog = createActionlog({
    database: `sqlite:${join(folder, 'actionlog.db')}`,
    session: () => ({ userid: 7, gsid: 3, login: 'ann' }),
  });
  t.after(async () => {
    await actionlog.close();
    await rm(folder, { recursive: true });
  });
  const { actor, logaction } = actionlog.as({ userid: 7, gsid: 3, login: 'ann' });
  const diff = changes({ price: 12 }, { price: 9 });
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 4, 3) });
  await logaction('updated product Lamp', diff, { rectype: 'product', recid: 12 }, { trace: diff });
  t.mock.timers.reset();
  const app = express();
  app.use(actionlog.middleware());
  const printed: unknown[] = [];
  const console = { log: (...said: unknown[]) => printed.push(said) };
  const req = { actor, query: { q: 'lamp', text: 'lamp', rectype: 'product' } };
  const scope: Record<string, unknown> = { actionlog, app, console, parseSearch, pipeline, req };
  const results: Record<string, unknown> = {};
  for (const code of blocks) {
    const { product } = results;
    const given = code.includes('const product') || !code.includes('product)') ? scope : { ...scope, product };
    Object.assign(results, await runnable(code)(given));
  }
  assert.equal(blocks.length, 6);
  const lengths = (names: string[]) => names.map((name) => (results[name] as unknown[]).length);
  assert.deepEqual(lengths(['page', 'next', 'entries', 'found', 'cheap', 'ofPage', 'ofRecord']), [1, 0, 1, 1, 1, 1, 1]);
  assert.deepEqual(printed[0], ['ann', 'updated product Lamp']);
  assert.equal((printed[1] as { value: string }[])[0]?.value, '9');
  const { text, headers } = await request(app).get('/activity.csv').expect(200);
  assert.match(headers['content-type'] ?? '', /text\/csv/);
  assert.match(text, /^alogid,time,.*\r\n1,2026-05-03T00:00:00Z,7,ann,updated product Lamp,product,12,/);
});
