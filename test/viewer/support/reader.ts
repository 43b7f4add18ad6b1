import { after } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium } from '../../support/chromium.ts';
import type { Viewed } from './viewed.ts';

/** Somebody who looks at the viewer in a browser. */
export interface Reader extends AsyncDisposable {
  page: Page;
  /** What the console and the page's own errors have said, but for answers that a test asks for. */
  said: string[];
  /** Goes to the viewer's page with that query. */
  look(query?: string): Promise<void>;
  /** Waits until the page is live. */
  live(): Promise<void>;
  /** The messages on the page, newest first. */
  messages(): Promise<string[]>;
  /** Waits for an entry with that message. */
  sees(message: string): Promise<void>;
}

/** One Chromium for a test file, and a reader with a context of his own, signed in as user 42 of tenant 1. */
export function useReaders(): (viewed: Viewed, options?: BrowserContextOptions & { user?: string }) => Promise<Reader> {
  let browser: Promise<Browser> | undefined;
  after(async () => (await browser)?.close());
  return async (viewed, { user = '42/1', ...options } = {}) => {
    browser ??= launchChromium();
    const context = await (await browser).newContext(options);
    await context.request.get(`${viewed.origin}/sign-in?as=${user}`);
    const page = await context.newPage();
    const said: string[] = [];
    page.on('console', (message) => {
      // the status of a page that is asked for by its address is no fault of the page
      if (!/status of 40[03]/.test(message.text())) said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(String(error)));
    const message = '.message > bdi';
    return {
      ...{ page, said },
      async look(query = '') {
        await page.goto(`${viewed.url}${query}`);
      },
      live: () => page.locator('[data-live="open"]').waitFor(),
      messages: () => page.locator(message).allTextContents(),
      sees: (text) => page.locator(message, { hasText: text }).first().waitFor(),
      [Symbol.asyncDispose]: () => context.close(),
    };
  };
}
