import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinFrames, textFrame } from '../../lib/server/frames.ts';
import { readFrames, textsIn } from './frame-reader.ts';

describe('a frame', () => {
  for (const [length, head] of [
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [300_000, 10],
  ] as const) {
    test(`of ${length} bytes has a head of ${head}`, () => {
      const { frames, rest } = readFrames(textFrame('x'.repeat(length)));
      assert.equal(rest.length, 0);
      assert.deepEqual(
        frames.map(({ opcode, payload, head: bytes }) => [opcode, payload.length, bytes]),
        [[1, length, head]],
      );
    });
  }

  test('counts bytes and not characters', () => {
    const text = 'ä€😀'.repeat(14); // 126 bytes of 56 characters
    assert.deepEqual(textsIn([textFrame(text)]), [text]);
  });

  test('that holds half a character still has the length that it says', () => {
    const half = '\ud83d';
    assert.deepEqual(textsIn([textFrame(half)]), ['\ufffd']);
  });
});

test('frames are joined in their order, up to 64 KiB, and none is cut', () => {
  const lengths = [10, 65_000, 524, 2, 70_000, 1, 65_535];
  const frames = lengths.map((length) => textFrame('x'.repeat(length)));
  const joined = joinFrames(frames);
  assert.deepEqual(
    textsIn(joined).map((text) => text.length),
    lengths,
  );
  assert.deepEqual(
    joined.map((buffer) => readFrames(buffer).frames.length),
    [2, 2, 1, 1, 1],
  );
  assert.deepEqual(joinFrames([]), []);
});
