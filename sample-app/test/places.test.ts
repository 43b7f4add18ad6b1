import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { migrate } from 'express-actionlog';
import { createStreamServer } from 'express-actionlog/server';
import { createDatabase } from '../../test/support/mariadb.ts';
import { startSample } from './support/sample.ts';
import { Visitor } from './support/visitor.ts';
import { live, openChromium, openWindow } from './support/window.ts';

describe('on MySQL', () => {
  it('keeps its tables beside the action log, over a restart', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const sample = await startSample(t, { DATABASE_URL: database.url });
    const sales = await Visitor.signedIn(sample, 'bikes-sales');
    await sales.change(1, { stock: '10' });
    await sample.stop();

    const again = await startSample(t, { DATABASE_URL: database.url });
    const stock = await Visitor.signedIn(again, 'bikes-stock');
    assert.equal((await stock.productForm(1))['stock'], '10');
    assert.match((await stock.get('/activity')).text, /<bdi>Sales desk<\/bdi><\/a> <bdi>updated product Brake pads/);
    assert.match((await stock.get('/products?q=usb')).text, /Rear light/);
    const rows = await database.query(
      'SELECT gsid, userid, logname, rectype, recid, wssdone, bulldozed FROM actionlog',
    );
    assert.deepEqual(rows, [
      { gsid: '1', userid: '1', logname: 'bikes-sales', rectype: 'product', recid: '1', wssdone: 1, bulldozed: 0 },
    ]);
    await again.stop();
  });

  it('does not start without the action log’s table, and names the remedy', async (t) => {
    await using database = await createDatabase();
    await assert.rejects(startSample(t, { DATABASE_URL: database.url }), { code: 'table-missing', message: /migrate/ });
  });
});

describe('with a streaming server of its own', () => {
  it('has the pages connect there', async (t) => {
    const secret = 's'.repeat(32);
    await using server = createStreamServer({ secrets: [secret] });
    const { port } = await server.listen();
    const sample = await startSample(t, { STREAM_URL: `http://127.0.0.1:${port}`, STREAM_SECRET: secret });
    const browser = await openChromium(t);
    const page = await openWindow(browser, sample, 'bikes-sales', '/products/1?open=1');
    await live(page);
    assert.equal(server.connections, 1);
    await (await Visitor.signedIn(sample, 'bikes-stock')).change(1, { stock: '10' });
    await page.locator('[data-conflict]').waitFor();
  });
});

describe('start', () => {
  it('gives back what it had opened where the port is taken', async (t) => {
    const { port } = await startSample(t);
    await assert.rejects(startSample(t, { PORT: String(port) }), { code: 'EADDRINUSE' });
  });

  it('stops in order, also when asked twice', async (t) => {
    const sample = await startSample(t);
    const visitor = await Visitor.signedIn(sample, 'bikes-sales');
    await visitor.change(1, { stock: '10' });
    await Promise.all([sample.stop(), sample.stop()]);
    await assert.rejects(visitor.get('/products'), /ECONNREFUSED/);
  });
});
