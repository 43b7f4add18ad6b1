import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { launchChromium } from '../../../test/support/chromium.ts';
import type { Running } from '../../app.ts';
import { samplePassword } from '../../seed.ts';

/** A Chromium that ends with the test. */
export async function openChromium(t: TestContext): Promise<Browser> {
  const browser = await launchChromium();
  t.after(() => browser.close());
  return browser;
}

/** A window of a user of his own, signed in and on the page named. */
export async function openWindow(
  browser: Browser,
  sample: Running,
  login: string,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL: sample.url, ...options });
  const page = await context.newPage();
  await page.goto(`/sign-in?next=${encodeURIComponent(path)}`);
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(samplePassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname === new URL(path, sample.url).pathname);
  return page;
}

/** Resolves once the page is connected to the streaming server, and has caught up. */
export async function live(page: Page): Promise<void> {
  await page.locator('[data-live="open"]').waitFor();
}

/** What an element says, its white space as it is shown. */
export async function textOf(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? '').replace(/\s+/g, ' ').trim();
}
