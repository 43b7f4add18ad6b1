import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changes } from '../../lib/index.ts';
import { createTestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };
const product = { rectype: 'product', recid: 12 };

it('keeps changed columns, lists and what belongs together, to be asserted and read as ever', async () => {
  await using log = createTestActionlog();
  const { logaction } = log.as(anna);
  const trace = changes({ price: '9.00', pin: '1' }, { price: '8.50', pin: '2' });
  await logaction('updated product Lamp', trace, product, { trace, correlation: 'r-1' });
  const entry = log.assertLogged({ trace: { price: { before: '9.00', after: '8.50' } }, correlation: 'r-1' });
  assert.deepEqual(entry.trace['pin'], { before: null, after: null, masked: true });
  assert.throws(
    () => log.assertLogged({ trace: { price: { after: '7.00' } } }),
    /trace\.price\.after: expected '7\.00', got '8\.50'/,
  );
  await log.assertAnnounced({ trace: { price: { after: '8.50' } } });
  const found = await log.history({ gsid: 1, text: 'lamp', trace: { field: 'price', below: 9 } });
  assert.deepEqual(
    found.map(({ alogid }) => alogid),
    [entry.alogid],
  );

  const { announced } = await logaction.many(
    [1, 2, 3].map((recid) => ({ message: `moved ${recid}`, record: { rectype: 'shelf', recid } })),
    { announce: 'list' },
  );
  assert.equal((await announced)[0]?.status, 'sent');
  assert.equal(log.entries.length, 4);
  await log.assertAnnounced({ record: { rectype: 'shelf' }, extra: { count: 3 } });
  log.fail({ write: ({ recid }) => recid === '2' });
  await assert.rejects(
    logaction.many([1, 2].map((recid) => ({ message: 'in vain', record: { rectype: 'shelf', recid } }))),
    { code: 'entry-not-written' },
  );
  log.assertNotLogged('in vain');
});
