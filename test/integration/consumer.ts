import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { typedApp } from './typed-app.ts';
import { typedKit } from './typed-kit.ts';

export const run = promisify(execFile);
export const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The README's block of a language, as printed. */
export function readmeBlock(language: string): string {
  return (
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ??
    assert.fail(`no ${language} block in the README`)
  );
}

/** A project that has installed the packed package. */
export interface Consumer {
  dir: string;
  /** Removes it. */
  remove(): void;
}

/** Packs the package as it is built into that folder. Resolves with the file. */
export async function packInto(dir: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], { cwd: root });
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string }>);
  return join(dir, packed?.filename ?? assert.fail('nothing was packed'));
}

/** Packs the package as it is built, and installs it beside others into a new project. */
export async function createConsumer(...packages: string[]): Promise<Consumer> {
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-consumer-'));
  const packed = await packInto(dir);
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const flags = ['--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...flags, packed, ...packages], { cwd: dir });
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/**
 * Fails where an app that uses the package is not as its types say, under either resolution.
 *
 * @param declarations whether the package's declarations are checked in themselves as well, which takes three times as long
 */
export async function checkTypes({ dir }: Consumer, { declarations = false } = {}): Promise<void> {
  writeFileSync(join(dir, 'app.ts'), typedApp);
  writeFileSync(join(dir, 'kit.ts'), typedKit);
  const strict = { strict: true, exactOptionalPropertyTypes: false, skipDefaultLibCheck: true, noEmit: true };
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const compilerOptions = { ...strict, target: 'es2023', types: ['node'], lib: ['es2023', 'dom'] };
    const skipLibCheck = !(declarations && module === 'nodenext');
    const more = { module, moduleResolution, skipLibCheck };
    const config = { compilerOptions: { ...compilerOptions, ...more }, files: ['app.ts', 'kit.ts'] };
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
    await run('npx', ['tsc', '-p', '.'], { cwd: dir }).catch((error: { stdout: string }) =>
      assert.fail(`${moduleResolution}: ${error.stdout}`),
    );
  }
}

/** Runs the README's app as printed, by the given Node, and has it do what it says. */
export async function runReadmeApp({ dir }: Consumer, node = process.execPath): Promise<void> {
  // The port alone is changed, so that the test does not need 3000 to be free.
  const port = 20_000 + (randomBytes(2).readUInt16BE() % 30_000);
  const code = readmeBlock('js').replaceAll('3000', String(port));
  writeFileSync(join(dir, 'readme.js'), `${code}\nconsole.log('up');`);
  const env = { ...process.env, SECRET: randomBytes(32).toString('hex') };
  const app = spawn(node, ['readme.js'], { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [said] = await Promise.race([once(app.stdout, 'data'), once(app, 'exit')]);
    assert.equal(String(said), 'up\n', 'it did not start');
    await exercise(`http://127.0.0.1:${port}`);
  } finally {
    if (app.exitCode === null && app.kill('SIGKILL')) await once(app, 'exit');
  }
}

/** Signs in, opens a page, saves a product, and hears of it. */
async function exercise(url: string): Promise<void> {
  const signedIn = await fetch(`${url}/sign-in`, { method: 'POST' });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
  const connect = (await (await fetch(`${url}/actionlog/connect`, { headers: { cookie } })).json()) as {
    url: string;
    token: string;
  };
  const socket = new WebSocket(new URL(connect.url, url.replace('http', 'ws')), [
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
  await look(`${url}/activity`, cookie);
  socket.terminate();
}

/** Looks at the viewer: its page, and all that the page loads. */
async function look(url: string, cookie: string): Promise<void> {
  const page = await (await fetch(url, { headers: { cookie } })).text();
  assert.match(page, /updated product 12/);
  const links = [...page.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(([, link = '']) => new URL(link, url).href);
  assert.equal(links.length, 5, 'icon, style, script and two exports');
  for (const link of [...links, `${url}/live/client.js`, `${url}?rectype=product&recid=12`])
    assert.equal((await fetch(link, { headers: { cookie } })).status, 200, link);
  assert.equal((await fetch(`${url}?from=soon`, { headers: { cookie } })).status, 400);
  assert.equal((await fetch(url)).status, 401);
}

const commonJsApp = `const cookieParser = require('cookie-parser');
const express = require('express');
const { createActionlog } = require('express-actionlog');
const { createStreamServer } = require('express-actionlog/server');

const actionlog = createActionlog({ database: 'sqlite::memory:', session: () => ({ userid: 42, login: 'ann' }) });
const app = express();
app.use(cookieParser(), actionlog.middleware());
app.use('/actionlog', actionlog.routes());
app.post('/products/:id', actionlog.requireActor(), (req, res, next) => {
  const record = { rectype: 'product', recid: req.params.id };
  req.logaction('updated', {}, record).then(({ alogid }) => res.json({ alogid }), next);
});
const server = app.listen(0, async () => {
  const url = 'http://127.0.0.1:' + server.address().port + '/products/12';
  const { alogid } = await (await fetch(url, { method: 'POST' })).json();
  console.log(alogid, typeof createStreamServer);
  server.closeAllConnections();
  server.close();
  await actionlog.close();
});
`;

/** Has an app in CommonJS, which loads the package by `require()`, write an entry. */
export async function runCommonJsApp({ dir }: Consumer, node = process.execPath): Promise<void> {
  writeFileSync(join(dir, 'app.cjs'), commonJsApp);
  const { stdout } = await run(node, ['app.cjs'], { cwd: dir });
  assert.equal(stdout, '1 function\n');
}
