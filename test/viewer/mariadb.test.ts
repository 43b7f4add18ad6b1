import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, migrate } from '../../lib/index.ts';
import { createDatabase } from '../support/mariadb.ts';
import { startViewed } from './support/viewed.ts';

test('on MariaDB it lists, searches and exports, with trace and without its table', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using viewed = await startViewed({ actionlog: { database: database.url } });
  const trace = changes({ price: 12 }, { price: 9.5 });
  const ann = viewed.actionlog.as({ userid: 7, login: 'ann' });
  await ann.logaction('set the price ✓', trace, { rectype: 'product', recid: 'A-7' }, { trace });
  await viewed.log('signed in', { from: 'here' });
  const visitor = await viewed.visitor();
  assert.match((await visitor.get('/activity').expect(200)).text, /signed in[\s\S]*set the price ✓/);
  for (const query of ['q=price', 'q=price%3C10', 'rectype=product&recid=A-7', 'q=from%3Dhere', 'user=ann'])
    assert.match((await visitor.get(`/activity?${query}`).expect(200)).text, /data-entry="\d+"/, query);
  assert.match((await visitor.get('/activity?recid=A-7&rectype=product').expect(200)).text, /"before" dir="auto">12</);
  assert.match((await visitor.get('/activity/export.csv').buffer(true).expect(200)).text, /set the price ✓/);

  await database.query('DROP TABLE actionlog_trace');
  assert.match((await visitor.get('/activity').expect(200)).text, /set the price ✓/);
  const { text } = await visitor.get('/activity?q=price%3C10').expect(400);
  assert.match(text, /<b>Search<\/b>: no changed columns are kept here/);
});
