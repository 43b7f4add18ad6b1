import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Consumer, createConsumer, run, runCommonJsApp, runReadmeApp } from './consumer.ts';

let consumer: Consumer;

before(async () => {
  consumer = await createConsumer('express@5', 'cookie-parser', 'libsql');
});

after(() => consumer.remove());

// Node itself comes by `npx`, as a package. What this process runs on is tried by all other tests.
for (const version of ['22', '24', '26']) {
  test(`on Node ${version} the README's app works as printed, and one in CommonJS`, async () => {
    const npx = ['-y', '--prefer-offline', '-p', `node@${version}`, 'node', '-p', 'process.execPath'];
    const node = (await run('npx', npx, { cwd: consumer.dir })).stdout.trim();
    assert.match((await run(node, ['--version'])).stdout, new RegExp(`^v${version}\\.`));
    await runReadmeApp(consumer, node);
    await runCommonJsApp(consumer, node);
  });
}

test('an app in CommonJS works on this Node', async () => {
  await runCommonJsApp(consumer);
});
