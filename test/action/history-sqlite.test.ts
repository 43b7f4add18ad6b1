import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import { historyContract } from './history-contract.ts';

historyContract(
  'sqliteStore',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'actionlog-history-'));
    const store = sqliteStore({ file: join(folder, 'actionlog.db') });
    return {
      store,
      async [Symbol.asyncDispose]() {
        await store.close();
        await rm(folder, { recursive: true });
      },
    };
  },
  { style: 'json', added: true, unicode: true, traces: true },
);
