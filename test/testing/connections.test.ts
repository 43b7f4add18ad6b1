import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changes } from '../../lib/index.ts';
import { createTestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };
const product = { rectype: 'product', recid: 12 };
const two = [{ message: 'one', record: product }, { message: 'two' }];

/** A connection function that does what MySQL would, and keeps the statements. */
function answering(refuses?: RegExp) {
  const statements: string[] = [];
  const connection = async (sql: string) => {
    statements.push(sql);
    if (refuses?.test(sql)) throw new Error('a syntax error');
    return { insertId: sql.includes('auto_increment_increment') ? 2 : 11 };
  };
  return { statements, connection };
}

describe('a connection of the application’s own', () => {
  it('gets several entries by the statements that production makes', async () => {
    await using log = createTestActionlog();
    const { statements, connection } = answering();
    const { alogids, committed } = await log.as(anna).logaction.many(two, { connection });
    assert.deepEqual(alogids, ['11', '13'], 'the server says how far apart ids are');
    assert.match(
      statements.join('\n'),
      /^INSERT INTO `actionlog` .* VALUES \(.*\), \(.*\)\nUPDATE `actionlog` [^\n]*$/,
    );
    assert.equal((await committed())[0]?.status, 'sent');
    log.assertLogged('one');
  });

  it('gets changed columns too', async () => {
    await using log = createTestActionlog();
    const { statements, connection } = answering();
    const trace = changes({ price: 9 }, { price: 8 });
    const { committed } = await log.as(anna).logaction('cheaper', {}, product, { connection, trace });
    assert.match(statements[1] ?? '', /^INSERT INTO `actionlog_trace`/);
    await committed();
    log.assertLogged({ trace: { price: { before: '9', after: '8' } } });
  });

  it('that cannot do those statements fails here as well, and nothing of it is left', async () => {
    await using log = createTestActionlog();
    const steps = answering(/auto_increment_increment/);
    await assert.rejects(log.as(anna).logaction.many(two, { connection: steps.connection }), {
      code: 'entry-not-written',
    });
    const traces = answering(/INTO `actionlog_trace`/);
    const trace = changes({ price: 9 }, { price: 8 });
    await assert.rejects(log.as(anna).logaction('x', {}, product, { connection: traces.connection, trace }), {
      code: 'entry-not-written',
    });
    assert.match(traces.statements.at(-1) ?? '', /^DELETE FROM `actionlog` WHERE alogid IN \(11\)$/);
    assert.deepEqual(log.entries, []);
  });

  it('whose commit was never told is named where something is missing', async () => {
    await using log = createTestActionlog();
    const { connection } = answering();
    const { committed } = await log.as(anna).logaction('forgotten', {}, product, { connection });
    assert.throws(() => log.assertLogged('forgotten'), /wait for the end of their transactions, committed\(\).*: 1/);
    await assert.rejects(log.assertAnnounced('forgotten'), /wait for the end of their transactions/);
    await committed();
    assert.throws(
      () => log.assertLogged('another'),
      (error: Error) => !/wait for the end/.test(error.message),
    );
  });
});
