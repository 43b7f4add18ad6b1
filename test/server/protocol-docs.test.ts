import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { httpRefusals } from '../../lib/server/http-answers.ts';
import { closeCodes, eventRefusals } from '../../lib/stream/protocol.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const docs = read('docs/protocol.md');
const protocol = read('lib/stream/protocol.ts');
const serverFiles = readdirSync(new URL('../../lib/server', import.meta.url)).filter((file) => file.endsWith('.ts'));
const server = serverFiles.map((file) => read(`lib/server/${file}`)).join('\n');

/** The rows of the one table below a heading, each as its cells without back quotes. */
function tableBelow(heading: string): string[][] {
  const [, section] = docs.split(`\n${heading}\n`);
  assert.ok(section, `docs/protocol.md has no heading ${heading}`);
  const rows =
    section
      .split(/\n#+ /)[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? [];
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** The fields of an interface, as protocol.ts has them. */
function fieldsOf(name: string): string[] {
  const body = new RegExp(`interface ${name} \\{\\n(.*?)\\n\\}`, 's').exec(protocol)?.[1] ?? '';
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field = '']) => field);
}

describe('docs/protocol.md and the code say the same', () => {
  test('of every close code: its number, its reason, whether the page may return', () => {
    const documented = tableBelow('## Close codes').map(([code, name, reason, mayReturn]) => [
      code,
      name,
      reason,
      mayReturn,
    ]);
    const defined = Object.entries(closeCodes).map(([name, { code, reason, mayReturn }]) => [
      `${code}`,
      name,
      reason,
      mayReturn,
    ]);
    assert.deepEqual(documented, defined);
  });

  test('of close codes: each of them is sent by the server', () => {
    for (const name of Object.keys(closeCodes)) {
      assert.ok(server.includes(`close('${name}')`) || server.includes(`closeCodes.${name}`), `${name} is never sent`);
    }
  });

  test('of close reasons: each fits into a frame', () => {
    for (const { reason } of Object.values(closeCodes)) assert.ok(Buffer.byteLength(reason) <= 123);
  });

  for (const [heading, name, type] of [
    ['### `update`', 'UpdateEvent', 'update'],
    ['### `getsid`', 'Greeting', 'getsid'],
    ['### `heartbeat`', 'Heartbeat', 'heartbeat'],
    ['### `leave`', 'Leave', 'leave'],
    ['### `revoke`', 'RevokeItem', 'revoke'],
  ] as const) {
    test(`of the message ${type}: every field`, () => {
      const fields = fieldsOf(name);
      assert.ok(fields.length >= 2);
      assert.deepEqual(
        tableBelow(heading).map(([field]) => field),
        fields,
      );
      assert.ok(protocol.includes(`type: '${type}';`));
    });
  }

  test('of messages: there are no others', () => {
    const types = [...protocol.matchAll(/^ {2}type: '(\w+)';/gm)].map(([, type]) => type);
    const headings = [...docs.matchAll(/^### `(\w+)`$/gm)].map(([, type]) => type);
    assert.deepEqual(headings.sort(), types.sort());
  });

  test('of the refusals of single events', () => {
    assert.deepEqual(
      tableBelow('### Refused events').map(([code]) => code),
      [...eventRefusals],
    );
  });

  test('of the refusals over HTTP, with their status', () => {
    const defined = Object.entries(httpRefusals).map(([code, { status }]) => [`${status}`, code]);
    assert.deepEqual(
      tableBelow('## Refusals over HTTP').map(([status, code]) => [status, code]),
      defined,
    );
  });

  test('of refusals over HTTP: each of them is used', () => {
    for (const code of Object.keys(httpRefusals)) {
      assert.ok(server.split(`'${code}'`).length > 2, `${code} is never sent`);
    }
  });

  test('of limits: their numbers', () => {
    const limits = tableBelow('## Limits').map(([name, value]) => [name, Number(value?.replaceAll(',', ''))]);
    const defined = [...protocol.matchAll(/^export const (max\w+|heartbeatMs) = ([\d_]+);/gm)];
    assert.deepEqual(
      limits.sort(),
      defined.map(([, name, value]) => [name, Number(value?.replaceAll('_', ''))]).sort(),
    );
  });
});
