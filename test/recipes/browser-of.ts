import type { ConnectAnswer } from '../../lib/stream/protocol.ts';
import { openPageWith, type TestPage } from '../support/pages.ts';

/** A browser as far as a recipe needs one: it keeps cookies, asks for JSON, and opens pages. */
export interface TestBrowser {
  /** Asks the app; a body is sent as JSON. */
  ask(path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: unknown }>;
  /** Opens a page as its client does, by the app's `/actionlog/connect`. */
  page(): Promise<TestPage>;
  cookies: Map<string, string>;
}

export function browserOf(url: string): TestBrowser {
  const cookies = new Map<string, string>();
  const ask: TestBrowser['ask'] = async (path, body, headers = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(url).origin, cookie, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'manual',
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '' || /Expires=Thu, 01 Jan 1970/.test(set)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
  return {
    ask,
    cookies,
    async page() {
      const { status, body } = await ask('/actionlog/connect');
      const answer = body as ConnectAnswer;
      if (status !== 200 || answer.wire !== 'default') throw new Error(`no way in: ${status} ${JSON.stringify(body)}`);
      return await openPageWith(new URL(answer.url, url).href, ['actionlog', `bearer.${answer.token}`]);
    },
  };
}
