import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { bundlePage } from './support/bundle.ts';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();
/** By address: these modules are checked with the types of a browser. */
const lib = (file: string) => import(new URL(`../../lib/browser/${file}`, import.meta.url).href);

const page = bundlePage(`
  import { createElement as h, StrictMode, useState } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useActionlog, useActionlogEvent, useActionlogStatus, useRecordChange } from './lib/browser/react.ts';

  function Product({ id }) {
    const { change, reset } = useRecordChange('product', id);
    const text = !change ? 'as shown' : change.certain ? 'changed by ' + change.event.login : 'unsure';
    return h('p', null, h('output', null, text), h('button', { onClick: reset }, 'Read again'));
  }
  function App() {
    const [id, setId] = useState(7);
    const [seen, setSeen] = useState([]);
    const client = useActionlog();
    useActionlogEvent('update', ({ recid }) => setSeen((before) => [...before, recid]));
    Object.assign(window, { client, setId, unmount: () => root.unmount() });
    return h('main', { 'data-status': useActionlogStatus(), 'data-seen': seen.join() }, h(Product, { id }));
  }
  const root = createRoot(document.getElementById('root'));
  root.render(h(StrictMode, null, h(App)));
`);

const body = '<div id="root"></div><script type="module" src="/page.js"></script>';

test('The hooks follow one record, every event and the status', async () => {
  await using peer = await startPeer();
  peer.scripts.set('/page.js', await page);
  await using tab = await openPage(peer, { bare: true, body });
  const socket = await peer.sockets.next();
  const output = tab.page.locator('output');
  await tab.page.locator('main[data-status="open"]').waitFor();
  assert.equal(await output.textContent(), 'as shown');
  socket.announce({ recid: '8', login: 'bob' });
  socket.announce({ login: 'ann' });
  await tab.page.locator('main[data-seen="8,7"]').waitFor();
  assert.equal(await output.textContent(), 'changed by ann');
  await tab.page.getByRole('button').click();
  await tab.page.locator('output', { hasText: 'as shown' }).waitFor();
  await tab.get('setId(8)');
  socket.announce({ login: 'ann' });
  socket.announce({ recid: '8', login: 'cid' });
  await tab.page.locator('output', { hasText: 'changed by cid' }).waitFor();
  socket.announce({ recid: '8', sid: socket.sid });
  await tab.page.locator('output', { hasText: 'as shown' }).waitFor();
  assert.equal(peer.asked, 1);
  await tab.get('unmount()');
  socket.announce({ recid: '8' });
});

test('Rendered on a server nothing is connected, and nothing is said to have changed', async () => {
  const { useActionlogStatus, useRecordChange } = await lib('react.ts');
  const Product = () => {
    const { change } = useRecordChange('product', 7n);
    return createElement('p', null, `${useActionlogStatus()} ${String(change)}`);
  };
  assert.equal(renderToString(createElement(Product)), '<p>closed undefined</p>');
});

test('A provider gives its own client to what is inside', async () => {
  const { ActionlogProvider, useActionlog } = await lib('react.ts');
  const { createActionlogClient } = await lib('index.ts');
  const client = createActionlogClient();
  let seen: unknown;
  const Inside = () => {
    seen = useActionlog();
    return null;
  };
  renderToString(createElement(ActionlogProvider, { client }, createElement(Inside)));
  assert.equal(seen, client);
});
