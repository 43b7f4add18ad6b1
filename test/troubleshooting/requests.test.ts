import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import cookieParser from 'cookie-parser';
import express, { type Express, type RequestHandler } from 'express';
import { actorOf, createActionlog, signedSession } from '../../lib/index.ts';
import { nextWarning } from '../session/app.ts';
import { serve } from './serve.ts';
import { answerOf, consoleOf, symptomsOf } from './symptoms.ts';

const seen = symptomsOf('In a request');
const session = signedSession({ secrets: ['a secret for the tests of thirty-two bytes'] });
const makeLog = () => createActionlog({ database: 'sqlite::memory:', session });

/** What Express answers to `GET /`, with its status. */
async function answer(app: Express, status: number): Promise<string> {
  await using at = await serve(app);
  const response = await fetch(at.origin);
  assert.equal(response.status, status);
  return await answerOf(response);
}

const logs: RequestHandler = async (req, res) => {
  await req.logaction('updated');
  res.end();
};

test('no cookie-parser', async (t) => {
  consoleOf(t);
  await using actionlog = makeLog();
  seen(await answer(express().use(actionlog.middleware()).get('/', logs), 500));
});

test('the middleware behind the routes: a guard, actorOf, the routes and the viewer notice', async (t) => {
  consoleOf(t);
  await using actionlog = makeLog();
  for (const route of [
    express.Router().get('/', actionlog.requireActor(), logs),
    express.Router().get('/', (req, res) => void res.json(actorOf(req))),
    actionlog.viewer({ authorize: () => true }),
    express.Router().get(
      '/',
      (req, _res, next) => {
        req.url = '/connect';
        next();
      },
      actionlog.routes(),
    ),
  ]) {
    seen(await answer(express().use(route).use(cookieParser(), actionlog.middleware()), 500));
  }
});

test('the middleware behind the routes: req.logaction and req.streamaction say so themselves', async (t) => {
  consoleOf(t);
  await using actionlog = makeLog();
  const behind = [cookieParser(), actionlog.middleware()];
  seen(await answer(express().get('/', logs).use(behind), 500));
  const streams: RequestHandler = async (req) => void (await req.streamaction('product', 1));
  assert.match(await answer(express().get('/', streams).use(behind), 500), /req\.streamaction is not there/);
});

test('what makes a handler is handed to Express uncalled', async (t) => {
  consoleOf(t);
  await using actionlog = makeLog();
  const { middleware, requireActor, requireGroup, routes, viewer } = actionlog;
  seen(await answer(express().use(middleware as unknown as RequestHandler), 500));
  for (const uncalled of [requireActor, requireGroup, routes, viewer]) {
    const said = await answer(express().use('/', uncalled as unknown as RequestHandler), 500);
    assert.match(said, new RegExp(`actionlog\\.${uncalled.name} makes a handler, and is none: call it`));
  }
});

test('nobody is signed in, and no guard stands before the handler', async (t) => {
  consoleOf(t);
  await using actionlog = makeLog();
  seen(await answer(express().use(cookieParser(), actionlog.middleware()).get('/', logs), 401));
});

test('a sign-in over plain http', async () => {
  await using actionlog = makeLog();
  const app = express().use(cookieParser(), actionlog.middleware());
  app.set('env', 'production').get('/', (req, res) => void res.json(actionlog.signIn(req, res, { userid: 1 })));
  await using at = await serve(app);
  const warning = nextWarning('ACTIONLOG_INSECURE_COOKIE');
  const { hostname, port } = new URL(at.origin);
  const { get } = await import('node:http');
  get({ hostname, port, headers: { host: 'app.example.org' } }).on('response', (res) => res.resume());
  seen((await warning).message);
});

const careless = `
import express from 'express';
import { createActionlog } from './lib/index.ts';
const actionlog = createActionlog({ database: 'sqlite::memory:', session: () => undefined });
const app = express().use(actionlog.middleware());
app.get('/', (req, res) => {
  req.logaction('updated');
  res.end();
});
const server = app.listen(0, '127.0.0.1', () => fetch('http://127.0.0.1:' + server.address().port));
`;

test('a logaction that nobody awaits', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', careless];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(child, 'exit');
  const said = await text(child.stderr);
  seen(said.split('\n')[0] ?? '');
  assert.match(said, /code: 'not-signed-in'/);
  assert.equal((await exit)[0], 1, 'as Node ends a process of itself');
});

test('a record of another form', async (t) => {
  const lines = consoleOf(t);
  await using actionlog = makeLog();
  const app = express().use(cookieParser(), actionlog.middleware());
  app.get('/:productid', async (req, res) => {
    const record = { rectype: 'product', recid: req.params['id' as 'productid'] }; // misspelt
    await actionlog.as({ userid: 1 }).logaction('updated', {}, record);
    res.end();
  });
  await using at = await serve(app);
  assert.equal((await fetch(`${at.origin}/12`)).status, 200, 'the entry is kept');
  assert.equal(lines.length, 1);
  seen(lines[0] ?? '');
});
