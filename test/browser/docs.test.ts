import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { closeCodes, mayReturn } from '../../lib/stream/protocol.ts';

test('The guide names each close code beside what it lets the page do', () => {
  const guide = readFileSync('docs/browser.md', 'utf8');
  const named = [...guide.matchAll(/^\| `(again|signed-in|no)` \| ([^|]+) \|/gm)].flatMap(([, may, codes]) =>
    [...(codes ?? '').matchAll(/\d{4}/g)].map(([code]) => [Number(code), may]),
  );
  assert.deepEqual(
    named.map(([code]) => [code, mayReturn(Number(code))]),
    named,
  );
  const codes = named.map(([code]) => code);
  for (const { code } of Object.values(closeCodes)) assert.ok(codes.includes(code), `${code} is missing`);
});
