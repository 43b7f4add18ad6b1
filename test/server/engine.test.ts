import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryEngine } from '../../lib/server/engine.ts';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';

const event = (gsid: string): UpdateEvent => ({
  ...{ type: 'update', sid: 0, gsid, userid: '7', rectype: 'product', recid: '5' },
});

test('each tenant has a sequence of its own, tenant 0 as well', () => {
  const engine = new MemoryEngine();
  const offsets = ['1', '1', '2', '0', '1'].map((gsid) => engine.append(event(gsid)).offset);
  assert.deepEqual(offsets, [1, 2, 1, 1, 3]);
  assert.deepEqual(
    ['1', '2', '0', '3'].map((gsid) => engine.position(gsid).offset),
    [3, 1, 1, 0],
  );
});

test('an event that claims a place gets the right one, and the event given is left as it was', () => {
  const engine = new MemoryEngine();
  const given: UpdateEvent = { ...event('1'), epoch: 'mine', offset: 99 };
  const { epoch, offset } = engine.append(given);
  assert.deepEqual({ epoch, offset }, engine.position('1'));
  assert.equal(given.offset, 99);
});

test('each life of the engine has another epoch', () => {
  assert.notEqual(new MemoryEngine().position('1').epoch, new MemoryEngine().position('1').epoch);
});
