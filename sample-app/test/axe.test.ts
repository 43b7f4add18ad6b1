import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { axeFindings } from '../../test/support/axe.ts';
import { looks, walk } from './support/walk.ts';

describe('every page of the app, and the notice', () => {
  it('gives axe nothing to find, in light and dark, on a desktop and on a phone', async (t) => {
    await walk(t, async ({ name, page }) => {
      for (const { colorScheme, size, viewport } of looks) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await axeFindings(page), [], `${name}, ${colorScheme}, ${size}`);
      }
    });
  });
});
