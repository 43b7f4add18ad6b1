import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerReader, type HttpAnswer } from '../../lib/stream/http-answer.ts';

/** Reads a whole answer, given in pieces of so many bytes, with the end of the connection behind it. */
function read(text: string, size = text.length): HttpAnswer {
  const reader = new AnswerReader();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    if (reader.take(bytes.subarray(at, at + size))) break;
  }
  return reader.end();
}

const head = 'HTTP/1.1 202 Accepted\r\n';
const good: [title: string, text: string, status: number, body: string][] = [
  ['that ends with the connection', `${head}Connection: close\r\n\r\nhällo`, 202, 'hällo'],
  ['with a length', `${head}Content-Length: 5\r\n\r\nhello, and more`, 202, 'hello'],
  ['with a length of 0', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 404, ''],
  ['without a body', 'HTTP/1.0 204\r\n\r\nmore', 204, ''],
  ['that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\nmore', 101, ''],
  [
    'in chunks, with extensions and a trailer',
    `${head}Transfer-Encoding: Chunked\r\n\r\n3;a=b\r\nhel\r\n00A\r\nlo, world!\r\n0\r\nX: y\r\n\r\nmore`,
    202,
    'hello, world!',
  ],
  [
    'after informational ones',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n${head}\r\nok`,
    202,
    'ok',
  ],
];

for (const [title, text, status, body] of good) {
  test(`an answer ${title} is read, in pieces of any size`, () => {
    for (const size of [text.length, 1, 2, 7]) {
      const answer = read(text, size);
      assert.deepEqual([answer.status, answer.text], [status, body], `in pieces of ${size}`);
    }
  });
}

test('headers are found by their name in lower case', () => {
  assert.equal(read(`${head}Retry-After:  7 \r\n\r\n`).headers.get('retry-after'), '7');
});

const bad: [title: string, text: string, message: RegExp][] = [
  ['nothing', '', /ended without an answer/],
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', /no HTTP answer/],
  ['another version', 'HTTP/2 200\r\n\r\n', /no HTTP answer/],
  ['a malformed header', `${head}no colon\r\n\r\n`, /header is malformed/],
  ['a folded header', `${head}A: b\r\n c\r\n\r\n`, /header is malformed/],
  ['a head without an end', `${head}A: b`, /ended within the answer/],
  ['a head that is too long', `${head}A: ${'b'.repeat(20_000)}`, /head is too long/],
  ['two lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, /more than one content-length/],
  ['a length that is none', `${head}Content-Length: -1\r\n\r\n`, /content-length is no number/],
  ['length and chunks', `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, /coded in an unknown way/],
  ['an unknown coding', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n`, /coded in an unknown way/],
  ['less than its length', `${head}Content-Length: 5\r\n\r\nhell`, /ended within the answer/],
  ['chunks that are cut off', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`, /ended within the answer/],
  ['a chunk without a size', `${head}Transfer-Encoding: chunked\r\n\r\nx\r\n`, /size of a chunk is malformed/],
  ['a chunk that is longer', `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`, /longer than its size/],
  ['a length beyond the bound', `${head}Content-Length: 99999999\r\n\r\n`, /too large/],
  ['a chunk beyond the bound', `${head}Transfer-Encoding: chunked\r\n\r\nfffffff\r\n`, /too large/],
];

for (const [title, text, message] of bad) {
  test(`an answer of ${title} is refused, and says why`, () => {
    assert.throws(() => read(text), { message });
  });
}

test('a body that ends with the connection is bounded as well', () => {
  const reader = new AnswerReader();
  reader.take(Buffer.from(`${head}\r\n`));
  const piece = Buffer.alloc(1_048_576);
  assert.throws(() => {
    for (let mebibytes = 0; mebibytes <= 16; mebibytes += 1) reader.take(piece);
  }, /too large/);
});
