import assert, { AssertionError } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changes } from '../../lib/index.ts';
import { createTestActionlog, type Sought, type TestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, login: 'anna', dispname: 'Anna', groups: ['admins'] };

async function logOfOne(): Promise<TestActionlog> {
  const log = createTestActionlog();
  const trace = changes({ price: 9 }, { price: 8 });
  await log.as(anna).logaction('updated Lamp', {}, { rectype: 'order', recid: 1 }, { trace });
  return log;
}

describe('what an assertion expects', () => {
  it('names what entries have, also of record, user and trace', async () => {
    await using log = await logOfOne();
    const wrong: [sought: object, said: RegExp][] = [
      [{ record: { recType: 'product', id: 9 } }, /record: unknown recType, id; there is rectype, recid/],
      [{ record: { rectype: undefined } }, /record: expected at least one of rectype, recid/],
      [{ user: { userId: 999 } }, /user: unknown userId/],
      [{ user: {} }, /user: expected at least one of userid, gsid, login/],
      [{ user: { groups: ['admins'] } }, /user: expected at least one of/],
      [{ trace: { price: { befor: '1' } } }, /trace.price: unknown befor; there is before, after, masked/],
      [{ messsage: 'y' }, /unknown messsage/],
    ];
    for (const [sought, said] of wrong) {
      const refused = (error: Error) => error instanceof TypeError && said.test(error.message);
      assert.throws(() => log.assertLogged(sought as Sought), refused, JSON.stringify(sought));
      assert.throws(() => log.assertNotLogged(sought as Sought), refused);
      await assert.rejects(log.assertNotAnnounced(sought as Sought), refused);
      await assert.rejects(log.waitForEvent(sought as Sought), refused);
    }
  });

  it('takes an actor, or a user as a test signs him in', async () => {
    await using log = await logOfOne();
    log.assertLogged({ user: anna });
    log.assertLogged({ user: log.actorFor(anna), trace: { price: { after: '8' } } });
    assert.throws(() => log.assertLogged({ user: log.actorFor({ ...anna, userid: 8 }) }), AssertionError);
  });

  it('begins a regular expression at the beginning each time', async () => {
    await using log = await logOfOne();
    for (const lamp of [/Lamp/g, /updated/y, /Lamp/gi]) {
      for (let n = 0; n < 3; n += 1) {
        log.assertLogged(lamp);
        assert.throws(() => log.assertNotLogged(lamp), AssertionError, String(lamp));
      }
    }
  });
});
