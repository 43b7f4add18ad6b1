import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import react from '@vitejs/plugin-react';
import express from 'express';
import { build } from 'vite';
import { launchChromium } from '../support/chromium.ts';
import { shop, stage } from '../support/stage.ts';

const root = resolve(import.meta.dirname, '../fixtures/vite-app');
const run = promisify(execFile);

test('The client, the notice and the hooks work in an app that Vite has built', async (t) => {
  const outDir = await mkdtemp(join(tmpdir(), 'actionlog-vite-'));
  t.after(() => rm(outDir, { recursive: true, force: true }));
  await build({ root, plugins: [react()], logLevel: 'error', build: { outDir, emptyOutDir: true } });

  await using it = await stage({ session: () => ({ userid: 1, gsid: 3, login: 'ann' }) });
  const server = shop(it.actionlog).use(express.static(outDir)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await launchChromium();
  t.after(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.locator('p[data-status="open"]', { hasText: 'as shown' }).waitFor();
  const bob = it.actionlog.as({ userid: 2, gsid: 3, login: 'bob' });
  await bob.logaction('updated', {}, { rectype: 'product', recid: 7 });
  await page.getByText('changed by bob').waitFor();
  await page.locator('actionlog-notice').getByText('bob changed this at').waitFor();
  assert.equal(it.server.connections, 1, 'one client for the app and the notice');
  assert.deepEqual(problems, []);
});

test('Its types hold as a bundler resolves them', async () => {
  await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', root]);
});
