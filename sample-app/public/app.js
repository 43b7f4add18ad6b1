// The start of every page. All of it is an addition: the app works without.

import { forgetAll } from './memory.js';
import { followRecord } from './record.js';
import { followStreamtest } from './streamtest.js';
import { paintAll } from './tabs.js';

async function connect() {
  const [{ createActionlogClient }, { goLive }] = await Promise.all([
    import('/actionlog/client.js'),
    import('./live.js'),
  ]);
  goLive(createActionlogClient());
}

if (document.querySelector('[data-flash="signed-out"]')) forgetAll();
if (document.body.dataset.userid !== undefined) {
  followRecord();
  followStreamtest();
  paintAll();
  document.querySelector('.tabs .current')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  connect().catch((error) => console.warn('no live updates:', error));
}
