import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Running, start } from '../../app.ts';
import { readConfig } from '../../config.ts';

/** A running sample app of the test's own, in a folder of its own, on a free port; stopped at the test's end. */
export async function startSample(t: TestContext, env: Record<string, string> = {}): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), 'actionlog-sample-'));
  const running = await start(readConfig({ PORT: '0', SAMPLE_DATA_DIR: dir, ...env }));
  t.after(async () => {
    await running.stop();
    await rm(dir, { recursive: true });
  });
  return running;
}
