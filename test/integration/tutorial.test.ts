import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { packInto, root, run } from './consumer.ts';

const tutorial = readFileSync(join(root, 'docs/tutorial.md'), 'utf8');
const block = /(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm;
const blocks = [...tutorial.matchAll(block)].map(([, file, language = '', code = '']) => ({ file, language, code }));
const codeOf = (language: string) => blocks.filter((one) => one.language === language).map(({ code }) => code.trim());
const startCommand = codeOf('sh').at(-1) ?? assert.fail('no command starts the app');
/** What the tutorial says that the page, and then the viewer, show. */
const [news = '', kept = ''] = codeOf('text');

// The port alone is another one, so that the test does not need 3000 to be free.
const port = 20_000 + (randomBytes(2).readUInt16BE() % 30_000);
const origin = `http://localhost:${port}`;
const env = {
  ...process.env,
  ...{ PORT: String(port), NODE_ENV: undefined },
  ...{ npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true' },
};

/** Types a block's commands into a shell. Resolves with the folder in which it ends. */
async function type(commands: string, cwd: string): Promise<string> {
  const { stdout } = await run('bash', ['-ec', `{ ${commands} } >&2\npwd`], { cwd, env });
  return stdout.trim();
}

/** Types the command that starts the app, and waits until it says where it is. */
async function startApp(cwd: string): Promise<ChildProcess> {
  const app = spawn('bash', ['-c', `exec ${startCommand}`], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await Promise.race([once(createInterface(app.stdout), 'line'), once(app, 'exit')]);
  assert.equal(line, `${origin}/lamp.html`);
  return app;
}

async function stopApp(app: ChildProcess): Promise<void> {
  const exit = once(app, 'exit');
  app.kill('SIGINT');
  await exit;
}

/** The page is connected: its next web socket was greeted. */
async function connected(page: Page): Promise<void> {
  const socket = await page.waitForEvent('websocket');
  await socket.waitForEvent('framereceived');
}

/** Opens the page in a browser of its own, and signs in. */
async function openAs(browser: Browser, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => assert.fail(error));
  await page.goto(`${origin}/lamp.html`);
  await page.getByLabel('Who are you?').fill(name);
  const open = connected(page);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await open;
  return page;
}

async function save(page: Page, price: number): Promise<void> {
  await page.getByLabel('Price of the lamp').fill(String(price));
  await page.getByRole('button', { name: 'Save' }).click();
}

async function shownPrice(page: Page, price: number): Promise<void> {
  await page.waitForFunction(`document.querySelector('#lamp input').valueAsNumber === ${price}`);
}

test('the tutorial, followed to the letter, leads from an empty directory to a live second browser', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-tutorial-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const tarball = await packInto(dir);
  let cwd = dir;
  for (const { file, language, code } of blocks) {
    if (file !== undefined) {
      mkdirSync(dirname(join(cwd, file)), { recursive: true });
      writeFileSync(join(cwd, file), code);
    } else if (language === 'sh' && code.trim() !== startCommand) {
      cwd = await type(code.replace(/^(npm install .*)express-actionlog/m, `$1${tarball}`), cwd);
    }
  }
  assert.match(readFileSync(join(cwd, 'package.json'), 'utf8'), /express-actionlog.*file:/, 'this very package');

  let app = await startApp(cwd);
  t.after(() => app.exitCode ?? stopApp(app));
  const browser = await launchChromium();
  t.after(() => browser.close());
  const ann = await openAs(browser, 'ann');
  const bob = await openAs(browser, 'bob');
  await shownPrice(bob, 10);

  await save(ann, 12);
  await bob.getByText(news, { exact: true }).waitFor();
  await shownPrice(bob, 12);
  assert.equal(await ann.locator('#news').textContent(), '', 'her own change is no news');
  const viewer = await bob.context().newPage();
  const live = connected(viewer);
  await viewer.goto(`${origin}/activity`);
  await viewer.getByText(kept).waitFor();
  await live;

  const back = Promise.all([ann, bob, viewer].map(connected));
  await stopApp(app);
  app = await startApp(cwd);
  await back;
  await save(ann, 15);
  await shownPrice(bob, 15);
  await viewer.getByText(kept.replace('12', '15')).waitFor();
});
