import { after } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type ChromiumNeeds, launchChromium } from '../../support/chromium.ts';
import type { Peer } from './peer.ts';

/** What the page under test is opened with. */
export interface PageNeeds {
  /** Options of its client. */
  options?: Record<string, unknown>;
  /** HTML above its script. */
  body?: string;
  /** Leaves out the script that makes `client` and `log`: the body has one of its own. */
  bare?: boolean;
  /** Stops the page's clock, so that the test moves its time by `page.clock.runFor`. */
  clock?: boolean;
  /** Runs in the page before its own script. */
  script?: string;
}

/** A page with a client of the package, in a browser context of its own; closed on dispose. */
export interface TestPage extends AsyncDisposable {
  page: Page;
  context: BrowserContext;
  /** The value of an expression in the page; `client` is its client, `log` what it heard. */
  get<T = unknown>(expression: string): Promise<T>;
  /** Waits until the expression holds in the page. */
  until(expression: string): Promise<void>;
  /** Waits for the client's status. */
  status(status: string): Promise<void>;
  /** The events of a type so far. */
  events<T = Record<string, unknown>>(type: string): Promise<T[]>;
}

/** The address of a page at the peer. */
export function pageUrl(peer: Peer, { options, body, bare }: PageNeeds = {}): string {
  const url = new URL(peer.origin);
  if (options) url.searchParams.set('options', JSON.stringify(options));
  if (body) url.searchParams.set('body', body);
  if (bare) url.searchParams.set('bare', '');
  return url.href;
}

/** One Chromium for a test file. */
export function useChromium(chromium: ChromiumNeeds = {}): (peer: Peer, needs?: PageNeeds) => Promise<TestPage> {
  let browser: Promise<Browser> | undefined;
  after(async () => (await browser)?.close());
  return async (peer, needs = {}) => {
    browser ??= launchChromium(chromium);
    const context = await (await browser).newContext();
    const page = await context.newPage();
    if (needs.script) await page.addInitScript({ content: needs.script });
    if (needs.clock) {
      await page.clock.install({ time: 0 });
      await page.clock.pauseAt(1_000);
    }
    await page.goto(pageUrl(peer, needs));
    return testPage(page);
  };
}

export function testPage(page: Page): TestPage {
  const until = async (expression: string): Promise<void> => {
    await page.waitForFunction(expression, undefined, { polling: 20 });
  };
  return {
    page,
    context: page.context(),
    get: <T>(expression: string) => page.evaluate<T>(expression),
    until,
    status: (status) => until(`window.client?.status === ${JSON.stringify(status)}`),
    events: (type) =>
      page.evaluate(`log.filter(([type]) => type === ${JSON.stringify(type)}).map(([, event]) => event)`),
    [Symbol.asyncDispose]: () => page.context().close(),
  };
}
