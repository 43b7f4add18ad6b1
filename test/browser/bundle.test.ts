import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bundleClient } from './support/bundle.ts';

test('The client is below 4 kB, minified and compressed', async () => {
  const size = gzipSync(await bundleClient()).length;
  assert.ok(size < 4096, `${size} bytes`);
});

test('Where there is no document the client can be imported and made, and stays closed', async () => {
  const url = `data:text/javascript,${encodeURIComponent(await bundleClient())}`;
  const { createActionlogClient } = await import(url);
  const client = createActionlogClient();
  assert.deepEqual([client.status, client.sid], ['closed', 0]);
  client.on('status', () => assert.fail('no status changes'));
  client.connect();
  assert.equal(client.status, 'closed');
  assert.equal(await (await client.fetch('data:,text')).text(), 'text');
  client.close();
});
