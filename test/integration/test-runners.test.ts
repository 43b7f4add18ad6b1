import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type Consumer, createConsumer, run } from './consumer.ts';
import { guideTests, type Runner, runGuide } from './kit-consumer.ts';

let consumer: Consumer;

before(async () => {
  consumer = await createConsumer('express@5', 'cookie-parser', 'supertest@7', 'vitest@3', 'jest@30');
});

after(() => consumer.remove());

const runners: Record<string, Runner & { fake: string; passed: RegExp }> = {
  vitest: {
    imports: "import { afterAll as after, beforeEach, test } from 'vitest';",
    fake: "import { test, vi as timers } from 'vitest';\ntimers.useFakeTimers();",
    command: ['npx', 'vitest', 'run'],
    passed: /Tests {2}(\d+) passed \(\d+\)/,
  },
  jest: {
    imports: "import { afterAll as after, beforeEach, test } from '@jest/globals';",
    fake: "import { jest as timers, test } from '@jest/globals';\ntimers.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });",
    command: ['npx', 'jest'],
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
    passed: /Tests: {7}(\d+) passed, \d+ total/,
  },
};

const withFakes = `
import assert from 'node:assert/strict';
import { createTestActionlog } from 'express-actionlog/testing';

test('beside faked timers', async () => {
  const log = createTestActionlog();
  const { announced } = await log.as({ userid: 7 }).logaction('updated', {}, { rectype: 'product', recid: 12 });
  assert.equal((await announced).status, 'sent');
  assert.equal(log.entries[0].announced, false);
  await log.advance(1000);
  assert.equal(log.entries[0].announced, true);
  const now = log.now();
  timers.advanceTimersByTime(5000);
  assert.equal(log.now(), now + 5000);
  await log.close();
});
`;

for (const [name, runner] of Object.entries(runners)) {
  test(`under ${name} each test of the kit's guide passes as printed`, async () => {
    const said = stripVTControlCharacters(await runGuide(consumer, runner));
    assert.equal(runner.passed.exec(said)?.[1], String(guideTests()), said);
  });

  test(`under ${name} the kit works beside its fake timers`, async () => {
    writeFileSync(join(consumer.dir, 'fake.test.js'), `${runner.fake}\n${withFakes}`);
    const [program, ...args] = runner.command;
    const env = { ...process.env, ...runner.env };
    await run(program, [...args, 'fake.test.js'], { cwd: consumer.dir, env }).catch(
      (error: { stdout: string; stderr: string }) => assert.fail(error.stdout + error.stderr),
    );
  });
}
