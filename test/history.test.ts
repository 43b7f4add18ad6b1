import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { HistoryQuery } from '../lib/action/history-query.ts';
import type { Entry } from '../lib/action/store.ts';
import { HistoryPages } from '../lib/history.ts';
import { type Actionlog, changes, createActionlog, signedSession } from '../lib/index.ts';

function entry(n: number, given: Partial<Entry> = {}): Entry {
  return {
    ...{ alogid: String(n), gsid: '3', userid: '7', logname: 'ann', logmessage: `m${n}`, rawobj: '{}' },
    ...{ logdate: 1_777_800_600, sid: 0, rectype: 'product', recid: '12', extra: null, ctxid: null },
    ...{ wssdone: 1, bulldozed: 0, correlation: null, ...given },
  };
}

/** History over so many entries, and what was read of it. */
function over(count: number, query: HistoryQuery = { gsid: 3 }, given: Partial<Entry> = {}) {
  const read: HistoryQuery[] = [];
  const history = new HistoryPages(query, async (asked) => {
    read.push(asked);
    const from = asked.before === undefined ? count : Number(asked.before) - 1;
    return Array.from({ length: Math.min(asked.limit ?? 50, from) }, (_, n) => entry(from - n, given));
  });
  return { history, read };
}

/** A promise that is kept from outside. */
function promised<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('history', () => {
  it('is one page where it is awaited, read once and not before', async () => {
    const { history, read } = over(70);
    await turn();
    assert.equal(read.length, 0);
    assert.equal((await history).length, 50);
    assert.equal((await history.catch(() => [])).length, 50);
    assert.equal(read.length, 1);
    const promised: Promise<Entry[]> = over(2).history;
    assert.equal((await Promise.all([promised]))[0]?.length, 2);
  });

  it('is all entries where it is iterated, and is read page by page as they are taken', async () => {
    const { history, read } = over(25, { gsid: 3, limit: 10 });
    const seen: string[] = [];
    for await (const { alogid } of history) {
      if (seen.length === 0) assert.equal(read.length, 1);
      seen.push(alogid);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, n) => String(25 - n)),
    );
    assert.deepEqual(
      read.map(({ before }) => before),
      [undefined, '16', '6'],
    );
    for await (const { alogid } of over(25, { gsid: 3, before: 9 }).history) assert.ok(Number(alogid) < 9);
  });

  it('reads no more once the loop is left', async () => {
    const { history, read } = over(1000, { gsid: 3, limit: 10 });
    for await (const { alogid } of history) if (alogid === '985') break;
    assert.equal(read.length, 2);
  });

  it('tells what is wrong with a query to whoever awaits, iterates or exports, and reads nothing', async () => {
    for (const query of [null, 'all', { rectype: 'a' }, { gsid: 3, limit: '5' }] as never[]) {
      const { history, read } = over(5, query);
      await assert.rejects(history, TypeError);
      await assert.rejects(async () => {
        for await (const _ of history) assert.fail('no entry');
      }, TypeError);
      assert.throws(() => history.csv(), TypeError);
      assert.throws(() => history.jsonLines(), TypeError);
      assert.equal(read.length, 0);
    }
  });
});

describe('an export of history', () => {
  it('is CSV with a line for each entry, and quotes what needs it', async () => {
    const given = { logmessage: 'said "hi", left\nagain', rawobj: '{"a":1}', correlation: 'r-1' };
    assert.equal(
      await textOf(over(1, { gsid: 3 }, given).history.csv()),
      'alogid,time,userid,logname,logmessage,rectype,recid,rawobj,correlation\r\n' +
        '1,2026-05-03T09:30:00Z,7,ann,"said ""hi"", left\nagain",product,12,"{""a"":1}",r-1\r\n',
    );
    const csv = over(2).history.csv({ columns: ['recid', 'logdate', 'extra'], header: false, bom: true });
    assert.equal(await textOf(csv), '\ufeff12,1777800600,\r\n12,1777800600,\r\n');
    assert.equal(await textOf(over(0).history.csv({ columns: ['gsid'] })), 'gsid\r\n');
    assert.equal(await textOf(over(0).history.csv({ columns: ['gsid'], header: false })), '');
    assert.throws(() => over(1).history.csv({ columns: ['price'] } as never), TypeError);
  });

  it('lets no value become a formula of a spreadsheet, unless it is asked to', async () => {
    for (const sign of ['=', '+', '-', '@', '\t', '\r']) {
      const { history } = over(1, { gsid: 3 }, { logmessage: `${sign}cmd|' /C calc'!A0` });
      const options = { columns: ['logmessage'], header: false } as const;
      const bare = (text: string) => text.replace(/^"/, '').slice(0, 2);
      assert.equal(bare(await textOf(history.csv(options))), `'${sign}`);
      assert.equal(bare(await textOf(history.csv({ ...options, guardFormulas: false })))[0], sign);
    }
  });

  it('guards what a spreadsheet would split off as well', async () => {
    const csvOf = async (logmessage: string, guardFormulas = true) => {
      const csv = over(1, { gsid: 3 }, { logmessage }).history.csv({
        ...{ columns: ['logmessage'], header: false, guardFormulas },
      });
      return (await textOf(csv)).replace(/\r\n$/, '');
    };
    assert.equal(await csvOf('a;=1+1'), "a;'=1+1");
    assert.equal(await csvOf('=1;+2'), "'=1;'+2");
    for (const sign of [';', '|', '\t', ', ', '\n', "; '"]) {
      assert.ok((await csvOf(`x${sign}=1+cmd|-A0`)).includes(`${sign}'=1+cmd|'-A0`), JSON.stringify(sign));
    }
    assert.equal(await csvOf('a;=1+1', false), 'a;=1+1');
    assert.equal(await csvOf('a; b-c'), 'a; b-c');
  });

  it('cancels the search that it waits for where it is destroyed', async () => {
    for (const form of ['csv', 'jsonLines'] as const) {
      const begun = promised<AbortSignal>();
      const history = new HistoryPages({ gsid: 3 }, async (_query, signal) => {
        if (!signal) throw new Error('expected a signal');
        begun.resolve(signal);
        if (!signal.aborted) await once(signal, 'abort');
        throw signal.reason;
      });
      const stream = history[form]();
      stream.resume();
      const signal = await begun.promise;
      stream.destroy();
      assert.ok(signal.aborted);
      await once(stream, 'close');
    }
  });

  it('is JSON lines, each an entry as it is', async () => {
    const lines = (await textOf(over(3, { gsid: 3 }, { logmessage: 'a\nb\u2028c' }).history.jsonLines())).split('\n');
    assert.equal(lines.pop(), '');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [3, 2, 1].map((n) => entry(n, { logmessage: 'a\nb\u2028c' })),
    );
  });

  it('streams 20,000 entries with a few pages of them in memory', async () => {
    const { history, read } = over(20_000, { gsid: 3 }, { rawobj: `{"text":"${'x'.repeat(500)}"}` });
    let lines = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const piece of history.csv({ header: false })) {
      lines += piece.toString().split('\r\n').length - 1;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      assert.ok(read.length <= lines / 200 + 3, 'no page is read before it is wanted');
    }
    assert.equal(lines, 20_000);
    assert.ok(most < 8_000_000, `${most} bytes`);
  });

  it('waits for whoever takes it, and ends where the stream is destroyed', async () => {
    const { history, read } = over(100_000, { gsid: 3, limit: 1000 });
    const stream = history.jsonLines();
    await new Promise((resolve) => stream.once('readable', resolve));
    for (let n = 0; n < 20; n += 1) await turn();
    assert.ok(read.length <= 3, `${read.length} pages`);
    const { length } = read;
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    for (let n = 0; n < 20; n += 1) await turn();
    assert.ok(read.length <= length + 1);
  });

  it('fails where a page cannot be read', async () => {
    const history = new HistoryPages({ gsid: 3, limit: 1 }, async ({ before }) => {
      if (before !== undefined) throw new Error('gone');
      return [entry(9)];
    });
    await assert.rejects(textOf(history.csv()), /gone/);
  });
});

async function openLog(t: TestContext): Promise<Actionlog> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-history-'));
  const actionlog = createActionlog({
    database: `sqlite:${join(folder, 'actionlog.db')}`,
    session: signedSession({ secrets: ['a-secret-of-the-test-with-32-bytes'] }),
  });
  t.after(async () => {
    await actionlog.close();
    await rm(folder, { recursive: true });
  });
  return actionlog;
}

describe('an action log', () => {
  it('answers what was written: who set the price below 10, and what it was on a day', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 4, 1) });
    const actionlog = await openLog(t);
    const ann = actionlog.as({ userid: 7, gsid: 3, login: 'ann' });
    const product = { rectype: 'product', recid: '12' };
    const set = async (was: object, is: object) => {
      const diff = changes(was, is);
      await ann.logaction('updated product Lamp', diff, product, { trace: diff });
      t.mock.timers.tick(86_400_000);
    };
    await set({ price: 12, password: 'a' }, { price: 11, password: 'b' });
    await set({ price: 11 }, { price: 9 });
    const { actor } = ann;
    const [found, ...others] = await actionlog.history({ actor, trace: { field: 'price', below: 10 } });
    assert.equal(found?.logname, 'ann');
    assert.deepEqual(others, []);
    assert.equal((await actionlog.history({ actor, text: 'lamp' })).length, 2);
    const at = async (day: number) => await actionlog.recordAt({ gsid: 3, ...product, at: Date.UTC(2026, 4, day) });
    const first = await at(1);
    assert.deepEqual([...first.keys()], ['password', 'price']);
    assert.equal(first.get('price')?.value, '11');
    assert.equal(first.get('price')?.logdate, Date.UTC(2026, 4, 1) / 1000);
    assert.deepEqual([first.get('password')?.masked, first.get('password')?.value], [true, null]);
    assert.deepEqual([(await at(3)).get('price')?.value, (await at(3)).get('price')?.alogid], ['9', found?.alogid]);
    const changed = await actionlog.tracedChanges({ gsid: 3, alogids: [found?.alogid ?? ''] });
    assert.deepEqual(changed, [
      { alogid: found?.alogid, logdate: found?.logdate, field: 'price', before: '11', after: '9', masked: false },
    ]);
    assert.equal((await actionlog.tracedChanges({ actor, ...product })).length, 3);
    await assert.rejects(actionlog.recordAt({ gsid: 3, ...product } as never), TypeError);
  });

  it('reads history and exports it over its store', async (t) => {
    const actionlog = await openLog(t);
    const { logaction } = actionlog.as({ userid: 7, gsid: 3, login: 'ann' });
    await logaction('first');
    await logaction('second');
    const messages: (string | null)[] = [];
    for await (const { logmessage } of actionlog.history({ gsid: 3, limit: 1 })) messages.push(logmessage);
    assert.deepEqual(messages, ['second', 'first']);
    const csv = actionlog
      .history({ gsid: 3, text: 'first' })
      .csv({ columns: ['logname', 'logmessage'], header: false });
    assert.equal(await textOf(csv), 'ann,first\r\n');
  });
});
