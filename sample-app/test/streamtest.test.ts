import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSample } from './support/sample.ts';
import { Visitor } from './support/visitor.ts';

describe('the test page', () => {
  it('is not there unless asked for', async (t) => {
    const admin = await Visitor.signedIn(await startSample(t), 'bikes-admin');
    assert.equal((await admin.get('/streamtest')).status, 404);
    assert.doesNotMatch((await admin.get('/products')).text, /streamtest/);
  });

  it('is for admins', async (t) => {
    const sample = await startSample(t, { SAMPLE_TEST_PAGE: '1' });
    assert.equal((await (await Visitor.signedIn(sample, 'bikes-sales')).get('/streamtest')).status, 403);
    assert.equal((await (await Visitor.signedIn(sample, 'bikes-admin')).get('/streamtest')).status, 200);
  });

  it('announces, and shows who is connected', async (t) => {
    const sample = await startSample(t, { SAMPLE_TEST_PAGE: '1' });
    const admin = await Visitor.signedIn(sample, 'bikes-admin');
    const announced = await admin.post('/streamtest/update', { rectype: 'product', recid: '1', wssid: '' });
    assert.match(announced.text, /&#34;status&#34;: &#34;sent&#34;/);
    for (const map of ['gsidmap', 'wsclientmap']) {
      assert.match((await admin.post(`/streamtest/${map}`, {})).text, new RegExp(`&#34;${map}&#34;: {}`));
    }
  });
});
