import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };

describe('a transaction in memory', () => {
  it('answers plain questions about the entries, those of its own among them', async () => {
    await using log = createTestActionlog();
    await log.as(anna).logaction('before');
    await log.transaction(async (tx, write) => {
      await write(log.as(anna), 'inside');
      const ask = async (sql: string, params: (string | number)[] = []) => (await tx.query(sql, params))[0];
      assert.deepEqual(await ask('SELECT COUNT(*) AS n FROM actionlog WHERE gsid = ? AND userid = ?', [1, '7']), [
        { n: 2 },
      ]);
      assert.deepEqual(await ask('select alogid, `logmessage` from `actionlog` order by alogid desc;'), [
        { alogid: '2', logmessage: 'inside' },
        { alogid: '1', logmessage: 'before' },
      ]);
      const [whole] = (await ask('SELECT * FROM actionlog WHERE logmessage = ?', ['before'])) as { logname: string }[];
      assert.equal(whole?.logname, 'anna');
      for (const sql of [
        'SELECT alogid FROM actionlog WHERE gsid > ?',
        'SELECT MAX(alogid) FROM actionlog',
        "DELETE FROM actionlog WHERE gsid = '1'",
        'SELECT 1',
      ]) {
        await assert.rejects(ask(sql), { name: 'TypeError', message: /has no tables of yours/ }, sql);
      }
    });
  });

  it('begins, commits and rolls back on the test’s database as well, and gives rows in either form', async () => {
    const ran: string[] = [];
    const answers = new Map<string, unknown>([
      ['SELECT 1', [{ one: 1 }]],
      ['SELECT 2', [[{ two: 2 }], []]],
      ['UPDATE a', { affectedRows: 3 }],
    ]);
    const execute = (sql: string) => {
      ran.push(sql);
      return answers.get(sql);
    };
    await using log = createTestActionlog({ execute });
    await log.transaction(async (tx) => {
      for (const [sql, expected] of [
        ['SELECT 1', [{ one: 1 }]],
        ['SELECT 2', [{ two: 2 }]],
        ['UPDATE a', { affectedRows: 3 }],
      ] as const) {
        assert.deepEqual((await tx.query(sql))[0], expected);
      }
    });
    await assert.rejects(
      log.transaction(async () => {
        throw new Error('no');
      }),
    );
    log.fail({ commit: 'refused' });
    await assert.rejects(log.transaction(async () => undefined));
    assert.deepEqual(ran, [
      'BEGIN',
      'SELECT 1',
      'SELECT 2',
      'UPDATE a',
      'COMMIT',
      'BEGIN',
      'ROLLBACK',
      'BEGIN',
      'ROLLBACK',
    ]);
  });

  it('hides what it writes until its commit, whichever of several ends first', async () => {
    await using log = createTestActionlog();
    const first = log.transaction(async (_tx, write) => {
      await write(log.as(anna), 'first');
      await log.settled();
      await log.settled();
    });
    await log.transaction(async (_tx, write) => void (await write(log.as(anna), 'second')));
    assert.deepEqual(
      log.entries.map(({ message }) => message),
      ['second'],
    );
    await first;
    assert.deepEqual(
      log.entries.map(({ alogid, message }) => `${alogid} ${message}`),
      ['1 first', '2 second'],
      'in the order of their numbers',
    );
  });
});
