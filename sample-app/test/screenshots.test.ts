/*
 * Each page of the app, as its users see it, in pictures. `npm run screenshots` renews those that the docs show; with
 * SCREENSHOTS_DIR all of them are kept in that folder, to be looked at.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { coloursOf, pictureOf, sharpPictureOf } from './support/picture.ts';
import { looks, walk } from './support/walk.ts';

const docs = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const update = process.argv.includes('--update');
const all = process.env['SCREENSHOTS_DIR'];

/** What the docs show; of some pages a part. */
const shown = new Map<string, string | undefined>([
  ['products-light-desktop', undefined],
  ['changed-light-desktop', undefined],
  ['changed-dark-phone', undefined],
  ['notice-light-desktop', 'actionlog-notice'],
  ['notice-dark-desktop', 'actionlog-notice'],
  ['activity-light-desktop', undefined],
  ['activity-dark-desktop', undefined],
  ['activity-light-phone', undefined],
  ['history-light-desktop', undefined],
]);

describe('every page of the app', () => {
  it('renders in light and dark, on a desktop and on a phone', async (t) => {
    if (update) rmSync(docs, { recursive: true, force: true });
    for (const folder of [...(update ? [docs] : []), ...(all ? [all] : [])]) mkdirSync(folder, { recursive: true });
    await walk(t, async ({ name, page, said }) => {
      for (const { colorScheme, size, viewport } of looks) {
        const title = `${name}-${colorScheme}-${size}`;
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        const [wide, room] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        assert.ok(wide <= room, `${title} is ${wide} wide, in ${room}`);
        const picture = await pictureOf(page);
        const colours = await coloursOf(page, picture);
        assert.ok(colours > 10, `${title} has ${colours} colours`);
        if (all) writeFileSync(join(all, `${title}.png`), picture);
        if (!update || !shown.has(title)) continue;
        const part = shown.get(title);
        const sharp = await sharpPictureOf(page, part === undefined ? undefined : page.locator(part));
        writeFileSync(join(docs, `${title}.webp`), sharp);
      }
      assert.deepEqual(said, []);
    });
  });
});

it('the docs show what is made here, in pictures of at most 120 kB', () => {
  assert.deepEqual(readdirSync(docs).sort(), [...shown.keys()].map((title) => `${title}.webp`).sort());
  for (const file of readdirSync(docs)) assert.ok(statSync(join(docs, file)).size <= 120_000, file);
});
