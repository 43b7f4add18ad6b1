import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The README's block of a language, as printed. */
function readmeBlock(language: string): string {
  return (
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ??
    assert.fail(`no ${language} block in the README`)
  );
}

let project = '';

before(async () => {
  project = mkdtempSync(join(tmpdir(), 'actionlog-consumer-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: root,
  });
  const packed: unknown = JSON.parse(stdout);
  const [first] = Object.values(packed as Record<string, { filename: string }>);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarball = `./${first?.filename}`;
  const dev = ['typescript@6', '@types/express@5', '@types/node@20', '@types/cookie-parser'];
  const flags = ['--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...flags, tarball, 'express@5', 'cookie-parser', 'libsql', 'react@19', ...dev], { cwd: project });
});

after(() => rmSync(project, { recursive: true, force: true }));

const entries = {
  'express-actionlog': [
    'createActionlog',
    'signedSession',
    'gyroscopeSession',
    'streamFromEnv',
    'actorOf',
    'ActionlogError',
  ],
  'express-actionlog/server': ['createStreamServer'],
  'express-actionlog/browser': ['createActionlogClient', 'pageClient'],
  'express-actionlog/element': ['ActionlogNotice'],
  'express-actionlog/react': ['ActionlogProvider', 'useActionlog', 'useRecordChange'],
};

test('each entry point of the exports map is one that is tried here', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
  const tried = ['./package.json', ...Object.keys(entries).map((name) => name.replace('express-actionlog', '.'))];
  assert.deepEqual(Object.keys(exports).sort(), tried.sort());
});

for (const [name, names] of Object.entries(entries)) {
  test(`${name} by import and by require`, async () => {
    const look = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => typeof it[name])))`;
    const expected = JSON.stringify(names.map(() => 'function'));
    writeFileSync(join(project, 'by-import.mjs'), `import * as it from '${name}'; ${look}`);
    writeFileSync(join(project, 'by-require.cjs'), `const it = require('${name}'); ${look}`);
    for (const file of ['by-import.mjs', 'by-require.cjs']) {
      const { stdout } = await run(process.execPath, [file], { cwd: project });
      assert.equal(stdout.trim(), expected, file);
    }
  });
}

test('the types hold in a strict project, under nodenext and bundler resolution', async () => {
  writeFileSync(
    join(project, 'app.ts'),
    `import cookieParser from 'cookie-parser';
import express from 'express';
import { type Actor, actorOf, createActionlog, gyroscopeSession, signedSession, streamFromEnv } from 'express-actionlog';
import { type ActionlogClient, createActionlogClient } from 'express-actionlog/browser';
import { createStreamServer } from 'express-actionlog/server';

const app = express();
const actionlog = createActionlog({
  database: 'mysql://app@127.0.0.1/erp',
  session: signedSession({ secrets: ['x'] }),
  stream: streamFromEnv(process.env),
});
app.use(cookieParser(), actionlog.middleware());
app.get('/me', actionlog.requireGroup('users'), (req, res) => res.json(req.actor?.gsid));
app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
  const id: string = req.params.id; // a guard before a handler leaves its parameters as they are
  const actor: Actor = actorOf(req);
  const { alogid, announced } = await req.logaction('updated', { by: actor.login }, { rectype: 'product', recid: id });
  const { status }: { status: 'sent' | 'nothing' | 'off' | 'deferred' | 'rolled-back' | 'failed' } = await announced;
  res.json({ alogid, status });
});
createActionlog({ database: 'sqlite:x', session: (req) => ({ userid: req.ip ?? 0 }) });
createActionlog({ compatibility: 'gyroscope', database: 'mysql://x/y', session: gyroscopeSession({ saltroot: 's' }) });
const server = createStreamServer({ secrets: ['x'] });
export const { port }: { port: number } = await server.listen({ port: 0, host: '127.0.0.1' });
export const client: ActionlogClient = createActionlogClient();
client.on('update', ({ own, recid }) => [own satisfies boolean, recid satisfies string]);
// @ts-expect-error an actor is not made by writing one down
export const forged: Actor = { userid: '1', gsid: '1', login: '', dispname: '', groups: [], gsexpiry: undefined, gstier: undefined };
// @ts-expect-error a record has a type
await actionlog.as({ userid: 1 }).logaction('x', {}, { recid: 1 });
`,
  );
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: false,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2023',
      types: ['node'],
    };
    const config = {
      compilerOptions: { ...compilerOptions, module, moduleResolution, lib: ['es2023', 'dom'] },
      files: ['app.ts'],
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    await run('npx', ['tsc', '-p', '.'], { cwd: project }).catch((error: { stdout: string }) =>
      assert.fail(error.stdout),
    );
  }
});

test("the README's fifteen lines work as printed", async () => {
  const code = readmeBlock('js');
  assert.ok(code.split('\n').filter((line) => /^[^/\s}]/.test(line)).length <= 15, 'fifteen statements at most');
  // The port alone is changed, so that the test does not need 3000 to be free.
  const port = 20_000 + (randomBytes(2).readUInt16BE() % 30_000);
  writeFileSync(join(project, 'readme.js'), `${code.replaceAll('3000', String(port))}\nconsole.log('up');`);
  const env = { ...process.env, SECRET: randomBytes(32).toString('hex') };
  const app = spawn(process.execPath, ['readme.js'], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(app.stdout, 'data');
    const url = `http://127.0.0.1:${port}`;
    const signedIn = await fetch(`${url}/sign-in`, { method: 'POST' });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((text) => text.split(';')[0])
      .join('; ');
    const connect = (await (await fetch(`${url}/actionlog/connect`, { headers: { cookie } })).json()) as {
      url: string;
      token: string;
    };
    const socket = new (await import('ws')).WebSocket(new URL(connect.url, url.replace('http', 'ws')), [
      'actionlog',
      `bearer.${connect.token}`,
    ]);
    const messages: { type: string; login?: string; recid?: string }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(data.toString())));
    await once(socket, 'message');
    const headers = { cookie, 'content-type': 'application/json' };
    const saved = await fetch(`${url}/products/12`, { method: 'POST', headers, body: '{"price":12}' });
    assert.equal(saved.status, 200);
    while (messages.length < 2) await once(socket, 'message');
    assert.equal(messages[1]?.login, 'ann');
    assert.equal(messages[1]?.recid, '12');
    const client = await fetch(`${url}/actionlog/client.js`);
    assert.match(client.headers.get('content-type') ?? '', /javascript/);
    assert.match(await client.text(), /createActionlogClient/);
    assert.equal((await fetch(`${url}/products/12`, { method: 'POST' })).status, 401);
    socket.terminate();
  } finally {
    app.kill('SIGKILL');
    await once(app, 'exit');
  }
});

test('the command is there, and teaches its use', async () => {
  const { stdout } = await run('npx', ['express-actionlog', '--help'], { cwd: project });
  assert.match(stdout, /migrate[\s\S]*serve/);
  const help = await run('npx', ['express-actionlog', 'serve', '--help'], { cwd: project });
  assert.match(help.stdout, /STREAM_SECRET/);
});
