import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Request, Router } from 'express';
import type { HistoryQuery } from '../../lib/action/history-query.ts';
import type { Entry } from '../../lib/action/store.ts';
import { HistoryPages } from '../../lib/history.ts';
import { vouchFor } from '../../lib/session/actor.ts';
import { readSession } from '../../lib/session/read-session.ts';
import { viewerRouter } from '../../lib/viewer/viewer.ts';
import { checkViewerOptions } from '../../lib/viewer/viewer-options.ts';

type Read = (query: HistoryQuery, signal?: AbortSignal) => Promise<Entry[]>;

/** A viewer over history that is read so, for a reader who is signed in. */
async function startViewer(read: Read) {
  const app = express();
  app.set('env', 'test');
  const errors: unknown[] = [];
  const closed: Promise<unknown>[] = [];
  const source = {
    history: (query: HistoryQuery, signal?: AbortSignal) => new HistoryPages(query, read, signal),
    tracedChanges: async () => [],
  };
  const actor = vouchFor({ userid: '7', gsid: '3', login: 'ann', groups: [] } as never);
  const session = readSession({ readsCookies: false, read: () => ({ actor }) } as never);
  const requireActor = ((req: Request, res: express.Response, next: () => void) => {
    closed.push(once(res, 'close'));
    session(req, res, next);
  }) as never;
  const options = checkViewerOptions({ authorize: () => true });
  app.use('/activity', viewerRouter(options, { source, requireActor, live: Router(), socketUrl: () => undefined }));
  const keep: ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push(error);
    res.destroy();
  };
  app.use(keep);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ errors, closed },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/activity/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A promise that is kept from outside. */
function promised<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const settle = async () => {
  for (let n = 0; n < 20; n += 1) await turn();
};

test('a search ends when its reader leaves, and that is no error', async () => {
  for (const path of ['', 'export.csv', 'export.jsonl']) {
    const begun = promised<void>();
    let ended = false;
    await using viewer = await startViewer(async (_query, signal) => {
      begun.resolve();
      if (!signal?.aborted) await once(signal as AbortSignal, 'abort');
      ended = true;
      throw signal?.reason;
    });
    const leave = new AbortController();
    const answer = fetch(viewer.url + path, { signal: leave.signal });
    await begun.promise;
    leave.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await Promise.all(viewer.closed);
    await settle();
    assert.deepEqual([ended, viewer.errors], [true, []], path);
  }
});

test('a reader who leaves while the first entries of an export are read has not met an error', async () => {
  const begun = promised<void>();
  const found = promised<Entry[]>();
  await using viewer = await startViewer(async () => {
    begun.resolve();
    return await found.promise;
  });
  const leave = new AbortController();
  const answer = fetch(`${viewer.url}export.csv`, { signal: leave.signal });
  await begun.promise;
  leave.abort();
  await assert.rejects(answer, { name: 'AbortError' });
  await Promise.all(viewer.closed);
  found.resolve([]);
  await settle();
  assert.deepEqual(viewer.errors, []);
});

test('an export reads each page once, and HEAD reads nothing', async () => {
  const read: HistoryQuery[] = [];
  await using viewer = await startViewer(async (query) => {
    read.push(query);
    return [];
  });
  for (const form of ['csv', 'jsonl']) {
    const head = await fetch(`${viewer.url}export.${form}`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.match(String(head.headers.get('content-disposition')), /^attachment/);
    assert.equal(read.length, 0);
    const file = await fetch(`${viewer.url}export.${form}`);
    assert.equal((await file.text()).split('\r\n').length, form === 'csv' ? 2 : 1);
    assert.equal(file.headers.get('content-type'), head.headers.get('content-type'));
    assert.equal(read.splice(0).length, 1);
  }
  assert.deepEqual(viewer.errors, []);
});

test('what fails before the file begins is an error, and no file', async () => {
  await using viewer = await startViewer(async () => {
    throw new Error('gone');
  });
  await assert.rejects(fetch(`${viewer.url}export.csv`), TypeError);
  assert.match(String(viewer.errors), /gone/);
});
