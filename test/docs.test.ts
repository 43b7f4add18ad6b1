import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const guides = readdirSync('docs').filter((file) => file.endsWith('.md'));
const pages = ['README.md', 'CHANGELOG.md', 'sample-app/README.md', ...guides.map((file) => `docs/${file}`)];

/** A page without its blocks of code. */
const textOf = (page: string) => readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');
const linksOf = (page: string) =>
  [...textOf(page).matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)].map(([, link, src]) => link ?? src ?? '');

/** What a heading is reached by, as the site that shows these pages makes it. */
function anchorOf(heading: string): string {
  const words = heading
    .replace(/`|\[|\]\([^)]*\)/g, '')
    .trim()
    .toLowerCase();
  return words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

function anchorsOf(page: string): Set<string> {
  return new Set([...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

test('an anchor is a heading’s words, in small letters and without marks', () => {
  assert.equal(anchorOf('`GET /entries`'), 'get-entries');
  assert.equal(anchorOf('What is believed, and why'), 'what-is-believed-and-why');
  assert.equal(anchorOf('Relay, Gyroscope’s wire'), 'relay-gyroscopes-wire');
});

for (const page of pages) {
  test(`each link of ${page} leads to a file, and to a heading in it`, () => {
    const broken = linksOf(page).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).has(anchor));
    });
    assert.deepEqual(broken, []);
  });
}

test('each picture has words for who does not see it, is shown by a page, and goes with the package that has the page', async () => {
  const pictures = ['charts', 'drawings', 'screenshots'].flatMap((folder) =>
    readdirSync(join('docs', folder)).map((file) => join('docs', folder, file)),
  );
  const shown = new Set(pages.flatMap((page) => linksOf(page).map((link) => normalize(join(dirname(page), link)))));
  assert.deepEqual(
    pictures.filter((picture) => !shown.has(picture)),
    [],
  );
  assert.deepEqual(
    pages.filter((page) => /!\[\]|<img (?![^>]*alt="[^"])/.test(textOf(page))),
    [],
  );
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--ignore-scripts', '--json']);
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const packed = new Set(files.map(({ path }) => path));
  assert.deepEqual(
    pictures.filter((picture) => !packed.has(picture)),
    [],
  );
});

/** The rows of the tables whose first cell says something that is promised. */
function promises(page: string, heading: string): string[] {
  const section =
    textOf(page)
      .split(heading)[1]
      ?.split(/\n(?:\n|## )/)[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|---'));
}

test('each guarantee and each defence names a test that tries to break it', () => {
  const delivery = promises('docs/delivery.md', '| held by |');
  const security = promises('docs/security.md', '| test that breaks it |');
  const announcer = promises('docs/announcer.md', '| what happens | test that breaks it |');
  const rows = [delivery.length, security.length, announcer.length];
  assert.ok(
    rows.every((count) => count >= 7),
    `${rows} rows`,
  );
  const without = [...delivery, ...security, ...announcer].filter((row) => {
    const last = row.split('|').at(-2) ?? '';
    return !/\]\(\.\.\/(test\/[^)]+\.test\.ts|docs)/.test(last) && !last.includes('(#the-fault-suite)');
  });
  assert.deepEqual(without, []);
});
