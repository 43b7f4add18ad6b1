import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Announcement } from '../../lib/index.ts';
import { createTestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };
const product = { rectype: 'product', recid: 12 };

describe('the end of a transaction in memory', () => {
  for (const [how, fail] of [
    ['throws', (error: Error): unknown => assert.fail(error)],
    ['rejects', (error: Error): unknown => Promise.reject(error)],
  ] as const) {
    it(`tells the test’s own error, where \`execute\` ${how} at the ROLLBACK`, async () => {
      const gone = new Error('the connection is gone');
      const execute = (sql: string) => (sql === 'ROLLBACK' ? fail(gone) : undefined);
      await using log = createTestActionlog({ execute });
      const own = new Error('the stock is empty');
      let announced: Promise<Announcement> | undefined;
      const saving = log.transaction(async (_tx, write) => {
        ({ announced } = await write(log.as(anna), 'in vain', {}, product));
        throw own;
      });
      await assert.rejects(saving, (error) => error === own);
      assert.deepEqual(await announced, { status: 'rolled-back' });
      assert.deepEqual(
        log.errors.map(({ error }) => error),
        [gone],
      );
      log.fail({ commit: 'refused' });
      await assert.rejects(
        log.transaction(async () => undefined),
        { code: 'ER_LOCK_DEADLOCK' },
      );
    });
  }

  it('ends its `tx`', async () => {
    await using log = createTestActionlog({ execute: () => [] });
    const tx = await log.transaction(async (given) => given);
    const late = { name: 'TypeError', message: /after the end of the transaction: SELECT 1/ };
    await assert.rejects(tx.query('SELECT 1'), late);
    await assert.rejects(tx.execute('SELECT 1'), late);
    const writing = log.as(anna).logaction('late', {}, product, { connection: tx });
    await assert.rejects(writing, { code: 'entry-not-written', message: /has ended/ });
  });
});

describe('the `tx` of a transaction in memory', () => {
  it('gives mysql2’s pair as it is, also of an INSERT or UPDATE', async () => {
    const header = { affectedRows: 1, insertId: 5 };
    const rows = [{ id: 1 }, { id: 2 }];
    const answers = new Map<string, unknown>([
      ['INSERT', [header, undefined]],
      ['SELECT', [rows, []]],
      ['rows alone', rows],
      ['header alone', header],
      ['no rows', []],
    ]);
    await using log = createTestActionlog({ execute: (sql) => answers.get(sql) });
    await log.transaction(async (tx) => {
      assert.deepEqual(await tx.execute('INSERT'), [header, undefined]);
      assert.deepEqual(await tx.execute('SELECT'), [rows, []]);
      assert.deepEqual(await tx.execute('rows alone'), [rows, undefined]);
      assert.deepEqual(await tx.execute('header alone'), [header, undefined]);
      assert.deepEqual(await tx.execute('no rows'), [[], undefined]);
    });
  });

  it('knows the columns of the table, and that nothing equals NULL', async () => {
    await using log = createTestActionlog();
    await log.as(anna).logaction('no context');
    await log.transaction(async (tx) => {
      for (const sql of ['SELECT nothing FROM actionlog', 'SELECT COUNT(*) FROM actionlog WHERE user_id = ?']) {
        const refused = { code: 'ER_BAD_FIELD_ERROR', errno: 1054, message: /^Unknown column '(nothing|user_id)' in/ };
        await assert.rejects(tx.query(sql, [1]), refused, sql);
      }
      const [counted] = await tx.query('SELECT COUNT(*) AS n FROM actionlog WHERE ctxid = ?', [null]);
      assert.deepEqual(counted, [{ n: 0 }]);
      const [nulls] = await tx.query('SELECT COUNT(*) AS n FROM actionlog WHERE ctxid = ?', ['null']);
      assert.deepEqual(nulls, [{ n: 0 }], 'NULL is no text either');
      assert.deepEqual(await tx.query('SELECT Alogid FROM actionlog'), [[{ Alogid: '1' }], undefined]);
    });
  });
});
