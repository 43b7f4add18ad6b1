import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes } from '../../lib/index.ts';
import { axeFindings } from '../support/axe.ts';
import { useReaders } from './support/reader.ts';
import { startViewed } from './support/viewed.ts';

const openReader = useReaders();
const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
const pages: Record<string, string> = {
  list: '',
  filtered: '?q=lamp&user=ann&rectype=product',
  empty: '?user=nobody',
  older: '?before=4',
  record: '?rectype=product&recid=7',
  wrong: '?from=soon&user=a&user=b',
};

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test(`axe finds nothing on any page: ${colorScheme}, ${size}`, async (t) => {
      await using viewed = await startViewed({
        viewer: {
          pageSize: 4,
          homeUrl: '/home',
          homeName: 'Shop',
          recordUrl: (rectype, recid) => `/${rectype}/${recid}`,
        },
      });
      const made = changes({ price: 9, note: null, pin: 1 }, { price: 8, note: 'new', pin: 2 });
      await viewed.log('added a lamp', { price: 9, list: [1, { a: null }] }, { rectype: 'product', recid: 7 });
      await viewed.log('changed the lamp', made, { rectype: 'product', recid: 7 });
      for (let index = 0; index < 4; index += 1) await viewed.log(`counted shelf ${index}`, { index });
      await viewed.actionlog
        .as({ userid: 7, login: 'ann' })
        .logaction('changed the lamp', { __tabconflicted: 1, ...made }, { rectype: 'product', recid: 7 });

      const check = async (name: string, page: Awaited<ReturnType<typeof openReader>>['page']) => {
        assert.deepEqual(await axeFindings(page), [], name);
      };
      await using reader = await openReader(viewed, { colorScheme, viewport, reducedMotion: 'reduce' });
      for (const [name, query] of Object.entries(pages)) {
        await t.test(name, async () => {
          await reader.look(query);
          if (name !== 'wrong') await reader.live();
          await check(name, reader.page);
          await reader.page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
          await check(`${name}, unfolded`, reader.page);
        });
      }
      await t.test('paused, with more to come', async () => {
        await reader.look();
        await reader.live();
        await reader.page.getByRole('button', { name: 'Live' }).click();
        await viewed.log('one more', null, { rectype: 'product', recid: 7 });
        await reader.page.getByRole('button', { name: 'Paused, there is more' }).waitFor();
        await check('paused', reader.page);
      });
      await t.test('not allowed', async () => {
        await using stranger = await openReader(viewed, { colorScheme, viewport, user: '13/1' });
        await stranger.look();
        await check('not allowed', stranger.page);
      });
    });
  }
}
