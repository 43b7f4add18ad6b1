import { after, before, test } from 'node:test';
import express, { type Express } from 'express';
import type { Browser } from 'playwright-core';
import { createActionlog } from '../../lib/index.ts';
import { bundleClient } from '../browser/support/bundle.ts';
import { launchChromium } from '../support/chromium.ts';
import { secrets } from '../support/stage.ts';
import { serve } from './serve.ts';
import { symptomsOf } from './symptoms.ts';

const seen = symptomsOf('In the page');
const client = await bundleClient();
let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** An app whose page has the client from a bundle of its own, or from the routes of the package. */
function shop(from = '/bundle.js'): Express {
  const script = `import { createActionlogClient } from '${from}'; createActionlogClient();`;
  return express()
    .get('/', (_req, res) => void res.send(`<!doctype html><script type="module">${script}</script>`))
    .get('/bundle.js', (_req, res) => void res.type('js').send(client));
}

/** The first line on the page's console that is asked for, with the address that it is about. */
async function consoleLine(app: Express, wanted: RegExp): Promise<string> {
  await using at = await serve(app);
  const page = await browser.newPage();
  const lines = new Promise<string>((resolve) => {
    page.on('console', (message) => {
      const line = `${message.location().url} ${message.text()}`;
      if (wanted.test(line)) resolve(line);
    });
  });
  await page.goto(at.origin);
  const line = await lines;
  await page.close();
  return line;
}

test("the package's file is not served", async () => {
  seen(await consoleLine(shop('/actionlog/client.js'), /client\.js/));
});

test('the way in is not mounted: a 404, or the page of an app that answers every address', async () => {
  seen(await consoleLine(shop(), /express-actionlog/));
  const single = shop().use((_req, res) => void res.send('<!doctype html><p>the app'));
  seen(await consoleLine(single, /express-actionlog/));
});

test('nobody is signed in', async () => {
  await using actionlog = createActionlog({ database: 'sqlite::memory:', session: () => undefined });
  const app = shop().use(actionlog.middleware()).use('/actionlog', actionlog.routes());
  seen(await consoleLine(app, /connect/));
});

test('no streaming server', async () => {
  const stream = { url: 'http://127.0.0.1:9', secrets };
  await using actionlog = createActionlog({ database: 'sqlite::memory:', session: () => ({ userid: 1 }), stream });
  const app = shop().use(actionlog.middleware()).use('/actionlog', actionlog.routes());
  seen(await consoleLine(app, /express-actionlog/));
});
