import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Page } from '../../lib/server/page.ts';
import type { PageLink } from '../../lib/server/page-link.ts';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';

const event = (gsid: string, epoch: string, offset: number, sid = 0): UpdateEvent => ({
  ...{ type: 'update', sid, gsid, userid: '7', rectype: 'product', recid: '5', epoch, offset },
});

test('an event that was on its way while the page asked for its place comes once, and after the greeting', () => {
  const sent: string[] = [];
  const send = (text: Buffer) => void sent.push(String(text));
  const sendAtFirst = (texts: Iterable<Buffer>) => [...texts].forEach(send);
  const link = { wire: 'default', send, sendAtFirst } as unknown as PageLink;
  const page = new Page(link, { sid: 9, gsid: '1', userid: '8' });
  const live = (one: UpdateEvent) => page.send(Buffer.from(JSON.stringify(one)), one);
  for (const held of [event('1', 'a', 2), event('0', 'z', 1), event('1', 'a', 3), event('0', 'z', 2)]) live(held);
  assert.deepEqual(sent, []);
  page.greet(Buffer.from('"greeting"'), {
    newest: { epoch: 'a', offset: 2, offset0: 1 },
    missed: [event('1', 'a', 1, 9), event('1', 'a', 2), event('0', 'z', 1)],
  });
  live(event('1', 'b', 1));
  const got = sent.map((text) => JSON.parse(text));
  assert.deepEqual(
    got.slice(1).map(({ gsid, epoch, offset }) => `${gsid} ${epoch}${offset}`),
    ['1 a1', '1 a2', '0 z1', '1 a3', '0 z2', '1 b1'],
  );
  assert.equal(got[0], 'greeting');
  assert.equal(got[1].sid, 0, 'the connection id of another user’s page was but a claim');
});
