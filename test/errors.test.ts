import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ActionlogError, errorCodes, guardedOnError } from '../lib/errors.ts';

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');

test('every code is in docs/errors.md, and nothing else is', () => {
  const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  assert.deepEqual(documented.sort(), [...errorCodes].sort());
});

test('an error carries code, fields, cause and the status for Express', () => {
  const cause = new Error('driver');
  const error = new ActionlogError('table-missing', 'no table', { cause, fields: { table: 'actionlog' } });
  assert.equal(error.cause, cause);
  assert.deepEqual({ ...error.fields }, { table: 'actionlog' });
  assert.equal(error.status, 500);
  assert.equal(new ActionlogError('not-signed-in', 'x').status, 401);
  assert.equal(new ActionlogError('not-in-group', 'x').status, 403);
});

test('without an onError one line says what led to it, and what to that', (t) => {
  const printed = t.mock.method(console, 'error', () => undefined);
  const cause = new Error('no connection', { cause: new Error('ECONNREFUSED') });
  guardedOnError(undefined)(new ActionlogError('relay-paused', 'it failed', { cause }), { stage: 'relay' });
  assert.deepEqual(printed.mock.calls[0]?.arguments, [
    'express-actionlog (relay):',
    'relay-paused: it failed (no connection) (ECONNREFUSED)',
  ]);
});

test('an onError that throws hides neither its own error nor the one it was told', (t) => {
  const printed = t.mock.method(console, 'error', () => undefined);
  const told = new Error('told');
  const thrown = new Error('thrown');
  guardedOnError(() => {
    throw thrown;
  })(told, { stage: 'relay' });
  assert.deepEqual(
    printed.mock.calls.map((call) => call.arguments.at(-1)),
    [thrown, told],
  );
});
