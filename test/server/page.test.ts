import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventBatch, EventFrames } from '../../lib/server/event-frames.ts';
import { Hub } from '../../lib/server/hub.ts';
import { Page } from '../../lib/server/page.ts';
import type { PageLink } from '../../lib/server/page-link.ts';
import { Roster } from '../../lib/server/roster.ts';
import { ServerLog } from '../../lib/server/server-log.ts';
import { ServerMeter } from '../../lib/server/server-meter.ts';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';
import { textsIn } from './frame-reader.ts';

const event = (gsid: string, epoch: string, offset: number, sid = 0): UpdateEvent => ({
  ...{ type: 'update', sid, gsid, userid: '7', rectype: 'product', recid: '5', epoch, offset },
});

/** A page that is a member, and the texts that it was sent. */
function pageOf(identity: { sid: number; gsid: string; userid: string }) {
  const sent: string[] = [];
  const send = (buffers: readonly Buffer[]) => void sent.push(...textsIn(buffers));
  const link = { wire: 'default', send, sendAtFirst: send } as unknown as PageLink;
  const hub = new Hub<Page>((error) => assert.fail(String(error)));
  const page = new Page(link, identity, {
    ...{ hub, roster: new Roster<Page>(), meter: new ServerMeter(), logger: new ServerLog(console) },
  });
  hub.add(page);
  return { page, hub, sent };
}

const greeting = new EventFrames(event('1', 'a', 0)).on('default');

test('an event that was on its way while the page asked for its place comes once, and after the greeting', () => {
  const { page, sent } = pageOf({ sid: 9, gsid: '1', userid: '8' });
  const live = (one: UpdateEvent) => page.send(new EventBatch([new EventFrames(one)]));
  for (const held of [event('1', 'a', 2), event('0', 'z', 1), event('1', 'a', 3), event('0', 'z', 2)]) live(held);
  assert.deepEqual(sent, []);
  page.greet(greeting, {
    newest: { epoch: 'a', offset: 2, offset0: 1 },
    missed: [event('1', 'a', 1, 9), event('1', 'a', 2), event('0', 'z', 1)],
  });
  live(event('1', 'b', 1));
  const got = sent.map((text) => JSON.parse(text));
  assert.deepEqual(
    got.slice(1).map(({ gsid, epoch, offset }) => `${gsid} ${epoch}${offset}`),
    ['1 a1', '1 a2', '0 z1', '1 a3', '0 z2', '1 b1'],
  );
  assert.equal(got[0].offset, 0, 'the greeting');
  assert.equal(got[1].sid, 0, 'the connection id of another user’s page was but a claim');
});

test('an event that was published, but not sent yet, when the page is greeted comes once', async () => {
  const { page, hub, sent } = pageOf({ sid: 9, gsid: '1', userid: '7' });
  for (const offset of [1, 2, 3]) hub.publish(event('1', 'a', offset));
  page.greet(greeting, { newest: { epoch: 'a', offset: 2, offset0: 0 }, missed: [event('1', 'a', 2)] });
  hub.publish(event('1', 'a', 4));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    sent.map((text) => JSON.parse(text).offset),
    [0, 2, 3, 4],
  );
});
