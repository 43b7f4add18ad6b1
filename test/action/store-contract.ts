import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ActionStore, CallerConnection, Entry, NewEntry } from '../../lib/action/store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import { coalescingContract } from './coalescing-contract.ts';
import { newEntry, oddRawobjs } from './entries.ts';
import { missedContract } from './missed-contract.ts';
import { waitingContract } from './waiting-contract.ts';

/** A store over a new, empty table. */
export interface Subject {
  store: ActionStore;
  /** All rows, as another connection sees them: every value as text, or null. */
  rows(): Promise<Record<string, string | null>[]>;
  /** Has the database refuse rows with that message. */
  refuses(logmessage: string): Promise<void>;
  /** Runs `write` in a transaction of the caller's own, and rolls it back. */
  rolledBack(write: (connection: CallerConnection) => Promise<Entry>): Promise<Entry>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ContractOptions {
  /** `numbers` where the tenant, user and record columns are numbers. */
  ids: 'numbers' | 'text';
  /** Whether the table has the columns that the default schema adds. */
  added: boolean;
  /** The character that stands where the column's character set has none; undefined where it holds all. */
  replacement?: string;
  style: 'json' | 'php';
}

const odd = {
  'a message of 255 characters': { logmessage: 'x'.repeat(255) },
  'a message of 256 characters': { logmessage: 'x'.repeat(256) },
  'a message of 255 emoji': { logmessage: '😀'.repeat(255) },
  'a message of 256 emoji': { logmessage: '😀'.repeat(256) },
  'a message of two million characters': { logmessage: '€'.repeat(2_000_000) },
  'a message with a lone surrogate': { logmessage: 'a\ud800b' },
  'a message with a NUL': { logmessage: 'a\0b' },
  'a message with quotes and backslashes': { logmessage: `\\'"; DROP TABLE actionlog; -- %_` },
  'a message in many scripts': { logmessage: 'é ß Ω Ж あ 漢 😀 \u{10ffff}' },
  'a long login name': { logname: 'n'.repeat(300) },
  'a login name in emoji': { logname: '😀' },
  'a long record type': { rectype: 't'.repeat(300) },
  'a record type in emoji': { rectype: '😀' },
  'a record id that is a word': { recid: 'abc' },
  'a record id with leading zeros': { recid: '007' },
  'a negative record id': { recid: '-5' },
  'a record id of 2^64 - 1': { recid: '18446744073709551615' },
  'a record id of 2^64': { recid: '18446744073709551616' },
  'a record id that is a UUID': { recid: '0b0e6d3c-7a52-4b3e-9d3a-0f6a1c1f2d10' },
  'a record id in emoji': { recid: '😀' },
  'a record id of 192 characters': { recid: 'r'.repeat(192) },
  'a record id of 300 characters': { recid: 'r'.repeat(300) },
  'a record id with a NUL': { recid: 'a\0b' },
  'an empty record id': { recid: '' },
  'a fraction as record id': { recid: '1.5' },
  'a negative connection id': { sid: -4 },
  'a connection id of 2^32': { sid: 2 ** 32 },
  'the largest connection id': { sid: 2 ** 32 - 1 },
  'a fraction as connection id': { sid: 1.5 },
  'no number as connection id': { sid: Number.NaN },
  'a context': { ctxid: 7 },
  'a context too large': { ctxid: 2 ** 40 },
  'a context that is a fraction': { ctxid: 0.5 },
  'a time that is none': { logdate: Number.NaN },
  'additions to the event': { extra: { a: [1, 'é'], b: '😀' } },
  'large additions to the event': { extra: { text: 'x'.repeat(100_000), after: 1 } },
  'additions that refuse': {
    extra: {
      toJSON: 1,
      get a() {
        throw new Error('no');
      },
    },
  },
  'a known conflict': { bulldozed: 1, wssdone: 1 },
} satisfies Record<string, Partial<NewEntry>>;

/** What every store must do. A store of an application's own can be held against it as well. */
export function storeContract(
  title: string,
  make: (writer?: WriterBounds) => Promise<Subject>,
  options: ContractOptions,
): void {
  describe(title, () => {
    let subject: Subject;
    const needs = { rawobjStyle: options.style, rebuildsEvents: options.added } as const;
    before(async () => {
      subject = await make();
      await subject.store.open(needs);
    });
    after(() => subject[Symbol.asyncDispose]());

    const newest = async (): Promise<Entry | undefined> => (await subject.store.history({ gsid: '3', limit: 1 }))[0];

    for (const [name, given] of Object.entries(odd)) {
      it(`writes ${name}, and reads back what it said`, async () => {
        const written = await subject.store.write(newEntry(given));
        assert.deepEqual(await newest(), written);
        JSON.parse(written.rawobj);
        assert.equal(written.extra === null, !options.added || !('extra' in given));
        if (written.extra !== null) JSON.parse(written.extra);
      });
    }

    for (const [name, rawobj] of Object.entries(oddRawobjs)) {
      it(`writes a raw object that is ${name}, and reads back what it said`, async () => {
        const written = await subject.store.write(newEntry({ rawobj, logmessage: 'm'.repeat(300) }));
        assert.deepEqual(await newest(), written);
        assert.ok(Buffer.byteLength(written.rawobj) <= 65_535);
        assert.ok(written.rawobj.includes('m'.repeat(300)), 'the whole message is kept');
        JSON.parse(written.rawobj);
      });
    }

    it('cuts a message with a mark, and keeps all of it in the raw object', async () => {
      const written = await subject.store.write(newEntry({ logmessage: 'x'.repeat(256) }));
      assert.match(written.logmessage ?? '', /^x{252,254}(…|\.\.\.)$/);
      assert.equal([...(written.logmessage ?? '')].length, 255);
      assert.equal(JSON.parse(written.rawobj)._message, 'x'.repeat(256));
    });

    it('puts a replacement where the column has no such character, and keeps the message in the raw object', async () => {
      const written = await subject.store.write(newEntry({ logmessage: 'hi 😀' }));
      assert.equal(written.logmessage, `hi ${options.replacement ?? '😀'}`);
      assert.equal(JSON.parse(written.rawobj)._message, options.replacement && 'hi 😀');
    });

    it('keeps every record id: in its column, beside it, or in the raw object', async () => {
      for (const recid of ['abc', '007', '-5', '18446744073709551616', 'r'.repeat(191)]) {
        const written = await subject.store.write(newEntry({ recid }));
        const kept = written.recid === recid || JSON.parse(written.rawobj)._recid === recid;
        assert.ok(kept || written.recid === String(Number(recid)), recid);
        if (options.added || options.ids === 'text') assert.equal(written.recid, recid);
      }
    });

    it('loses no digit of large ids, and does not take one for its neighbour', async () => {
      const large = ['9007199254740992', '9007199254740993', '9223372036854775807'];
      for (const id of large) await subject.store.write(newEntry({ gsid: id, userid: id, recid: id }));
      for (const id of large) {
        const entries = await subject.store.history({ gsid: id, userid: BigInt(id), recid: id });
        assert.deepEqual(
          entries.map(({ gsid, userid, recid }) => [gsid, userid, recid]),
          [[id, id, id]],
        );
      }
    });

    it('refuses a tenant or user that the column cannot hold, with the remedy', async () => {
      const unfit = options.ids === 'numbers' ? ['acme', '007', '-1', '18446744073709551616'] : ['a'.repeat(300)];
      for (const id of unfit) {
        await assert.rejects(subject.store.write(newEntry({ gsid: id })), { code: 'id-unfit' });
        await assert.rejects(subject.store.write(newEntry({ userid: id })), (error: Error) => {
          assert.match(error.message, /npx express-actionlog migrate --ids text/);
          return true;
        });
      }
      if (options.ids === 'text') {
        const written = await subject.store.write(newEntry({ gsid: 'acme', userid: 'ann@example.com' }));
        assert.deepEqual(await subject.store.history({ gsid: 'acme' }), [written]);
        assert.deepEqual(await subject.store.history({ gsid: 'ACME' }), []);
      }
    });

    it('answers a query for ids that the table cannot have with nothing', async () => {
      if (options.ids === 'text') return assert.deepEqual(await subject.store.history({ gsid: 'nobody' }), []);
      assert.deepEqual(await subject.store.history({ gsid: 'acme' }), []);
      assert.deepEqual(await subject.store.history({ gsid: '3', userid: 'ann' }), []);
    });

    it('reads entries of one tenant that have a message, newest first, page by page', async () => {
      const gsid = '70';
      const written: Entry[] = [];
      for (let n = 0; n < 7; n += 1)
        written.unshift(await subject.store.write(newEntry({ gsid, logmessage: `m${n}` })));
      await subject.store.write(newEntry({ gsid, logmessage: null }));
      await subject.store.write(newEntry({ gsid, logmessage: '' }));
      await subject.store.write(newEntry({ gsid: '71' }));
      const first = await subject.store.history({ gsid, limit: 3 });
      const second = await subject.store.history({ gsid, limit: 3, before: first.at(-1)?.alogid });
      const third = await subject.store.history({ gsid, before: second.at(-1)?.alogid });
      assert.deepEqual([...first, ...second, ...third], written);
      await assert.rejects(subject.store.history({ gsid, limit: 0 }), TypeError);
      await assert.rejects(subject.store.history({ gsid, before: '1 OR 1=1' }), TypeError);
    });

    it('reads entries by user, record type and record id, and takes nothing in them for SQL', async () => {
      const gsid = '80';
      const recid = options.added || options.ids === 'text' ? 'a-1' : '91';
      const one = await subject.store.write(newEntry({ gsid, userid: '1', rectype: 'user', recid }));
      const two = await subject.store.write(newEntry({ gsid, userid: '2', rectype: `'\\' OR 1=1 -- `, recid: '0' }));
      assert.deepEqual(await subject.store.history({ gsid, userid: 1 }), [one]);
      assert.deepEqual(await subject.store.history({ gsid, rectype: 'user' }), [one]);
      assert.deepEqual(await subject.store.history({ gsid, recid }), [one]);
      assert.deepEqual(await subject.store.history({ gsid, recid: 0 }), [two]);
      assert.deepEqual(await subject.store.history({ gsid, rectype: two.rectype }), [two]);
      assert.deepEqual(await subject.store.history({ gsid, rectype: `x' OR '1'='1` }), []);
    });

    it('marks entries as announced, many at once', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 20; n += 1) ids.push((await subject.store.write(newEntry({ gsid: '90' }))).alogid);
      const padding = Array.from({ length: 1000 }, (_, index) => String(9_000_000_000 + index));
      await subject.store.markAnnounced([...ids.slice(0, 10), ...padding, ...ids.slice(10)], 1_772_701_631_123);
      for (const entry of await subject.store.history({ gsid: '90' })) assert.equal(entry.wssdone, 1);
      const rows = (await subject.rows()).filter((row) => row['gsid'] === '90');
      for (const row of rows) assert.equal(row['announcedat'], options.added ? '1772701631123' : undefined);
      await assert.rejects(subject.store.markAnnounced(['1) OR (1=1'], 1), TypeError);
    });

    it("writes on the caller's own transaction, so that a rollback takes the entry back", async () => {
      const gsid = '95';
      const written = await subject.rolledBack(
        async (connection) => await subject.store.write(newEntry({ gsid, logmessage: 'é 漢 😀' }), connection),
      );
      assert.match(written.alogid, /^[1-9]\d*$/);
      assert.deepEqual(await subject.store.history({ gsid }), []);
    });

    it('says what a connection must be', async () => {
      const wrong = { query() {} } as unknown as CallerConnection;
      await assert.rejects(subject.store.write(newEntry(), wrong), TypeError);
      const silent = (async () => ({})) as unknown as CallerConnection;
      await assert.rejects(subject.store.write(newEntry(), silent), { code: 'entry-not-written' });
      const failing: CallerConnection = async () => {
        throw new Error('gone');
      };
      await assert.rejects(subject.store.write(newEntry(), failing), (error: Error) => {
        assert.equal((error as Error & { code: string }).code, 'entry-not-written');
        assert.equal((error.cause as Error).message, 'gone');
        return true;
      });
    });

    it('writes many at the same time, each with an id of its own', async () => {
      const entries = await Promise.all(
        Array.from({ length: 50 }, (_, n) => subject.store.write(newEntry({ gsid: '99', logmessage: `m${n}` }))),
      );
      const read = await subject.store.history({ gsid: '99', limit: 100 });
      const byId = (a: Entry, b: Entry) => Number(BigInt(b.alogid) - BigInt(a.alogid));
      assert.deepEqual(read, entries.toSorted(byId));
    });

    waitingContract(() => subject, options);

    it('is closed once, and then refuses', async () => {
      const other = await make();
      await other.store.open(needs);
      await other.store.close();
      await other.store.close();
      await assert.rejects(other.store.write(newEntry()), { code: 'closed' });
      await other[Symbol.asyncDispose]();
    });
  });
  missedContract(title, make, options);
  coalescingContract(title, make, options);
}
