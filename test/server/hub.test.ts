import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventBatch } from '../../lib/server/event-frames.ts';
import { Hub, type Member } from '../../lib/server/hub.ts';
import type { GivenIds, Wire } from '../../lib/server/messages.ts';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';
import { textsIn } from './frame-reader.ts';

class Recorder implements Member {
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly wire: Wire;
  readonly got: Buffer[] = [];

  constructor(sid: number, gsid: string, userid = '7', wire: Wire = 'default') {
    this.sid = sid;
    this.gsid = gsid;
    this.userid = userid;
    this.wire = wire;
  }

  send(batch: EventBatch): void {
    this.got.push(...batch.for(this));
  }

  get texts() {
    return textsIn(this.got);
  }

  get messages() {
    return this.texts.map((text) => JSON.parse(text));
  }
}

const event = (fields: Partial<UpdateEvent> = {}): UpdateEvent => ({
  ...{ type: 'update', sid: 0, gsid: '1', userid: '7', rectype: 'product', recid: '5' },
  ...fields,
});

const hubOf = (...members: Recorder[]) => {
  const hub = new Hub<Recorder>((error) => assert.fail(String(error)));
  for (const member of members) hub.add(member);
  return hub;
};

const publish = (hub: Hub<Recorder>, one: UpdateEvent, given?: GivenIds) => {
  hub.publish(one, given);
  hub.flush();
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('fan-out', () => {
  test('an event reaches every page of its tenant and no other', () => {
    const [a, b, stranger] = [new Recorder(1, '1'), new Recorder(2, '1'), new Recorder(3, '2')];
    publish(hubOf(a, b, stranger), event());
    assert.deepEqual(
      [a, b, stranger].map(({ got }) => got.length),
      [1, 1, 0],
    );
  });

  test('an event of tenant 0 reaches every tenant', () => {
    const members = [new Recorder(1, '1'), new Recorder(2, '2', '7', 'gyroscope')];
    publish(hubOf(...members), event({ gsid: '0' }));
    assert.deepEqual(
      members.map(({ messages }) => messages[0].gsid),
      ['0', '0'],
    );
  });

  test('an event is serialised once for each wire', () => {
    const members = [1, 2, 3, 4].map((sid) => new Recorder(sid, '1', '7', sid < 3 ? 'default' : 'gyroscope'));
    let reads = 0;
    const counted = event({ extra: { toJSON: () => (reads += 1) } });
    publish(hubOf(...members), counted);
    assert.equal(reads, 1);
    const [a, b, c, d] = members.map(({ got }) => got[0]);
    assert.ok(a === b && c === d && a !== c);
  });

  test('on the wire of Gyroscope the message is exactly its own', () => {
    const member = new Recorder(1, '1', '7', 'gyroscope');
    publish(hubOf(member), event({ sid: 9, alogid: '3', epoch: 'e', offset: 4, extra: { a: 1 } }));
    const text = '{"type":"update","sid":9,"gsid":"1","userid":"7","rectype":"product","recid":"5"}';
    assert.equal(member.texts[0], text);
  });

  test('ids that came over the wire of Gyroscope keep their type there, and are text on the default wire', () => {
    const [old, page] = [new Recorder(1, '1', '7', 'gyroscope'), new Recorder(2, '1')];
    const given = { sid: '"9"', gsid: '1', userid: '7', recid: '9007199254740993' };
    publish(hubOf(old, page), event({ sid: 9, recid: '9007199254740993', rectype: 'a"b' }), given);
    const text = '{"type":"update","sid":"9","gsid":1,"userid":7,"rectype":"a\\"b","recid":9007199254740993}';
    assert.equal(old.texts[0], text);
    assert.deepEqual(page.messages[0], event({ sid: 9, recid: '9007199254740993', rectype: 'a"b' }));
  });

  test('a member that throws is reported and keeps the event from nobody', () => {
    const errors: unknown[] = [];
    const hub = new Hub<Member>((error) => errors.push(error));
    const well = new Recorder(2, '1');
    const broken = new Recorder(1, '1');
    broken.send = () => {
      throw new Error('gone');
    };
    hub.add(broken);
    hub.add(well);
    hub.publish(event());
    hub.flush();
    assert.equal(well.got.length, 1);
    assert.equal(errors.length, 1);
  });
});

describe('what is published in one turn of the event loop', () => {
  const recids = ({ messages }: Recorder) => messages.map(({ recid }) => recid);

  test('goes to each page in one write, once the turn is over, in its order', async () => {
    const [page, browser] = [new Recorder(1, '1'), new Recorder(2, '1', '7', 'gyroscope')];
    const hub = hubOf(page, browser);
    for (let n = 0; n < 10; n += 1) {
      hub.publish(event({ recid: `${n}`, gsid: n % 3 === 0 ? '0' : '1' }));
      await undefined; // as each event of a relay
    }
    assert.deepEqual([page.got, browser.got], [[], []]);
    await turn();
    for (const member of [page, browser]) {
      assert.equal(member.got.length, 1);
      assert.deepEqual(recids(member), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    }
    await turn();
    assert.equal(page.got.length, 1);
  });

  test('is put together once for all pages of a wire, and anew for a page whose id an event only claims', async () => {
    const own = [1, 2].map((sid) => new Recorder(sid, '1'));
    const stranger = new Recorder(9, '1', '8');
    const hub = hubOf(...own, stranger);
    for (const sid of [5, 9, 0]) hub.publish(event({ sid }));
    await turn();
    assert.ok(own[0]?.got[0] === own[1]?.got[0]);
    const sids = ({ messages }: Recorder) => messages.map(({ sid }) => sid);
    assert.deepEqual(
      [own[0], stranger].map((member) => member && sids(member)),
      [
        [5, 9, 0],
        [5, 0, 0],
      ],
    );
  });

  test('reaches a page that leaves in it, and none that comes after', async () => {
    const [staying, leaving, coming] = [new Recorder(1, '1'), new Recorder(2, '1'), new Recorder(3, '1')];
    const hub = hubOf(staying, leaving);
    hub.publish(event({ recid: 'a' }));
    hub.remove(leaving);
    hub.publish(event({ recid: 'b' }));
    hub.add(coming);
    hub.publish(event({ recid: 'c', gsid: '0' }));
    await turn();
    assert.deepEqual([staying, leaving, coming].map(recids), [['a', 'b', 'c'], ['a'], ['c']]);
  });

  test('goes in writes of 64 KiB, or of one event that is larger', async () => {
    const member = new Recorder(1, '1');
    const hub = hubOf(member);
    for (let n = 0; n < 5; n += 1) hub.publish(event({ recid: `${n}`, extra: 'x'.repeat(n === 2 ? 200_000 : 30_000) }));
    await turn();
    assert.deepEqual(
      member.got.map(({ length }) => length > 65_536),
      [false, true, false],
    );
    assert.deepEqual(recids(member), ['0', '1', '2', '3', '4']);
  });

  test('is kept apart from other tenants’, also in memory', async () => {
    const members = ['1', '2'].map((gsid, index) => new Recorder(index + 1, gsid));
    const hub = hubOf(...members);
    for (const gsid of ['1', '2', '1', '2']) hub.publish(event({ gsid }));
    await turn();
    for (const { got, gsid, messages } of members) {
      assert.ok(messages.length === 2 && messages.every((message) => message.gsid === gsid));
      // a buffer of Node's pool would keep what is beside it for as long as its page does not read
      assert.ok(got.every(({ buffer, length }) => buffer.byteLength === length));
    }
  });
});

describe('who owns a connection id', () => {
  for (const wire of ['default', 'gyroscope'] as const) {
    test(`on the ${wire} wire the page of that user and tenant sees its own id`, () => {
      const [own, other] = [new Recorder(9, '1', '7', wire), new Recorder(8, '1', '7', wire)];
      publish(hubOf(own, other), event({ sid: 9 }));
      assert.equal(own.messages[0].sid, 9);
      assert.equal(other.messages[0].sid, 9);
    });

    test(`on the ${wire} wire a colleague's page whose id was named sees 0, and the others the id`, () => {
      const [named, other] = [new Recorder(9, '1', '8', wire), new Recorder(10, '1', '7', wire)];
      publish(hubOf(named, other), event({ sid: 9 }), { sid: '"9"', gsid: '1', userid: '7', recid: '5' });
      assert.equal(named.messages[0].sid, 0);
      assert.equal(Number(other.messages[0].sid), 9);
    });

    test(`on the ${wire} wire an event of tenant 0 is nobody's own`, () => {
      const named = new Recorder(9, '1', '7', wire);
      publish(hubOf(named), event({ sid: 9, gsid: '0' }));
      assert.equal(named.messages[0].sid, 0);
    });
  }

  test('ids are random, of 32 bits and not zero', () => {
    const hub = hubOf();
    const sids = Array.from({ length: 1_000 }, () => hub.sidFor('1', '7'));
    assert.equal(new Set(sids).size, 1_000);
    assert.ok(sids.every((sid) => Number.isInteger(sid) && sid > 0 && sid <= 0xffff_ffff));
    assert.ok(sids.some((sid) => sid > 0x7fff_ffff));
  });

  test('a claimed id is given to its user, also from an older page, and never from somebody else', () => {
    const older = new Recorder(9, '1', '7');
    const hub = hubOf(older);
    assert.equal(hub.sidFor('1', '7', 12), 12);
    assert.equal(hub.sidFor('1', '7', 9), 9);
    assert.notEqual(hub.sidFor('1', '8', 9), 9);
    assert.notEqual(hub.sidFor('2', '7', 9), 9);
    const later = new Recorder(9, '1', '7');
    assert.equal(hub.add(later), older);
    hub.remove(older); // a late farewell must not take the id from its new holder
    publish(hub, event());
    assert.deepEqual([older.got.length, later.got.length, hub.size], [0, 1, 1]);
  });
});

describe('dumps', () => {
  const hub = hubOf(new Recorder(5, '1', '7'), new Recorder(6, '1', '8'), new Recorder(7, '__proto__', '9'));

  test('list the tenants and their connections, all of them for tenant 0', () => {
    assert.equal(JSON.stringify(hub.dump('gsidmap', '0')), '{"gsidmap":{"1":[5,6],"__proto__":[7]}}');
    assert.deepEqual(hub.dump('gsidmap', '1'), { gsidmap: { 1: [5, 6] } });
    assert.deepEqual(hub.dump('gsidmap', '3'), { gsidmap: {} });
  });

  test('list the connections with tenant and user, of one tenant alone where it is named', () => {
    assert.deepEqual(hub.dump('wsclientmap', '1'), {
      wsclientmap: { 5: { gsid: '1', userid: '7' }, 6: { gsid: '1', userid: '8' } },
    });
    assert.deepEqual(Object.keys(Object(Object.values(hub.dump('wsclientmap', '0'))[0])), ['5', '6', '7']);
  });
});
