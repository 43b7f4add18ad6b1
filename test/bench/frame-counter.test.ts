import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameCounter } from '../../bench/peers/frame-counter.ts';

function frame(text: string, opcode = 1): Buffer {
  const bytes = Buffer.from(text);
  const head =
    bytes.length < 126
      ? Buffer.from([0x80 | opcode, bytes.length])
      : Buffer.from([0x80 | opcode, 126, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([head, bytes]);
}

function counter() {
  const controls: string[] = [];
  const others: string[] = [];
  const frames = new FrameCounter(
    { at: 9, character: 'u' },
    (control) => controls.push(control),
    (text) => others.push(text.toString()),
  );
  return { frames, controls, others };
}

const update = (length = 0) => frame(`{"type":"update","text":"${'x'.repeat(length)}"}`);

test('counts messages by their mark, however the bytes are cut, and hands over the rest', () => {
  const bytes = Buffer.concat([
    ...[frame('{"type":"getsid"}'), update(), frame('', 9), update(500), frame('{"type":"heartbeat"}'), update()],
    frame('', 8),
  ]);
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const { frames, controls, others } = counter();
    const reused = Buffer.alloc(size); // as sockets read: all into the same buffer
    for (let at = 0; at < bytes.length; at += size) {
      frames.take(reused.subarray(0, bytes.copy(reused, 0, at, at + size)));
    }
    assert.equal(frames.counted, 3, `in pieces of ${size}`);
    assert.deepEqual(controls, ['ping', 'close']);
    assert.deepEqual(others, ['{"type":"getsid"}', '{"type":"heartbeat"}']);
  }
});

test('hands over each counted message where that is wanted', () => {
  const { frames } = counter();
  const got: string[] = [];
  frames.onCounted = (text) => got.push(text.toString());
  frames.take(Buffer.concat([update(), update(200)]));
  assert.deepEqual(
    got.map((text) => JSON.parse(text).text.length),
    [0, 200],
  );
});
