import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, type TestContext } from 'node:test';

const page = readFileSync('docs/troubleshooting.md', 'utf8');

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * The symptoms that `docs/troubleshooting.md` lists under a heading. What is returned is to be called with what a mistake
 * made visible: exactly one of them must be it. At the end each of them must have been seen.
 */
export function symptomsOf(heading: string): (seen: string) => void {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? assert.fail(`no heading ${heading}`);
  const texts = [...section.matchAll(/^\| `(.+?)` \| /gm)].map(([, text = '']) => text);
  const unseen = new Set(texts);
  after(() => assert.deepEqual([...unseen], [], 'no test makes these mistakes'));
  return (seen) => {
    const shown = texts.filter((text) => new RegExp(text.split('…').map(escaped).join('[\\s\\S]*?')).test(seen));
    assert.equal(shown.length, 1, `${shown.length} rows of the page are this: ${seen}`);
    for (const text of shown) unseen.delete(text);
  };
}

/** Keeps the lines that go to the console from now on, instead of printing them. */
export function consoleOf(t: TestContext): string[] {
  const lines: string[] = [];
  for (const level of ['error', 'warn'] as const) {
    t.mock.method(console, level, (...given: unknown[]) => lines.push(given.map(String).join(' ')));
  }
  return lines;
}

/** The text of Express's own page of an error. */
export async function answerOf(response: Response): Promise<string> {
  const html = await response.text();
  const text = html.replace(/<br>/g, '\n').replace(/<[^>]*>/g, '');
  const entities = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&nbsp;': ' ', '&amp;': '&' };
  return text.replace(/&[a-z#0-9]+;/g, (entity) => (entities as Record<string, string>)[entity] ?? entity);
}
