import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const docs = new URL('../../docs/recipes/', import.meta.url);
const textOf = (path: string, base: URL | string) => readFileSync(new URL(path, base), 'utf8');

/** The folders beside this file: each holds the files of one recipe. */
const recipes = readdirSync(new URL('./', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Files that are printed; what a tool has generated is not. */
const filesOf = (recipe: string) =>
  readdirSync(new URL(`./${recipe}/`, import.meta.url)).filter((name) => /\.(ts|sql|prisma)$/.test(name));

/** The blocks of a page that are code of an app, each under the line that names its file. */
const blocksOf = (page: string) =>
  [...page.matchAll(/^(.*)\n+```(?:ts|js|sql|prisma)\n([\s\S]*?)^```$/gm)].map(([, line = '', code = '']) => ({
    name: /`([\w-]+\.\w+)`:$/.exec(line)?.[1] ?? assert.fail(`a block is not named, after "${line}"`),
    code,
  }));

for (const recipe of recipes) {
  test(`the page of ${recipe} prints the files that are run, and all of them`, () => {
    const blocks = blocksOf(textOf(`${recipe}.md`, docs));
    assert.deepEqual(blocks.map(({ name }) => name).sort(), filesOf(recipe).sort());
    for (const { name, code } of blocks) {
      assert.equal(code, textOf(`${recipe}/${name}`, import.meta.url), `docs/recipes/${recipe}.md: ${name}`);
    }
  });
}

test('each recipe has a page, a test, and a row in the table', () => {
  const pages = readdirSync(docs).filter((name) => name !== 'index.md');
  assert.deepEqual(pages.sort(), recipes.map((recipe) => `${recipe}.md`).sort());
  const index = textOf('index.md', docs);
  const tests = new Set(readdirSync(new URL('./', import.meta.url)));
  for (const recipe of recipes) {
    const row = index.split('\n').find((line) => line.includes(`](${recipe}.md)`)) ?? assert.fail(`no row: ${recipe}`);
    const [, file = ''] = /test\/recipes\/([\w.-]+\.test\.ts)/.exec(row) ?? [];
    assert.ok(tests.has(file), `${recipe}: the row names no test: ${row}`);
  }
});
