import assert from 'node:assert/strict';
import { test } from 'node:test';
import { product, stage } from './support/stage.ts';

test('an option that nobody knows is refused at the call, and nothing is written', async () => {
  await using stand = await stage();
  const { actionlog } = stand;
  const { logaction } = actionlog.as({ userid: 42 });
  const unknown = (key: string) => ({ name: 'TypeError', message: new RegExp(`unknown option "${key}"; expected `) });
  const misspelt = { conection: async () => ({ insertId: 1 }) };
  await assert.rejects(logaction('changed', {}, product, misspelt as never), unknown('conection'));
  await assert.rejects(logaction.many([{ message: 'm', recrod: product } as never]), unknown('recrod'));
  await assert.rejects(
    logaction.many([{ message: 'm', connection: misspelt.conection } as never]),
    unknown('connection'),
  );
  assert.throws(() => actionlog.as({ userid: 42 }, { wsid: 7 } as never), unknown('wsid'));
  const event = { wssid: 0, ...product, gsid: 1, userid: 42 };
  for (const key of ['sid', 'alogid', 'login', 'time', 'type']) {
    await assert.rejects(actionlog.streamaction({ ...event, [key]: 1 } as never), unknown(key));
  }
  assert.equal((await actionlog.streamaction(event)).status, 'sent');
  assert.deepEqual(await actionlog.history({ gsid: 0 }), []);
});
