import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Consumer, root, run } from './consumer.ts';

/** A test runner, and how it names what the guide's tests import from node:test. */
export interface Runner {
  /** What stands in the place of the guide's import line. */
  imports: string;
  /** The command, without the file. */
  command: readonly [string, ...string[]];
  env?: NodeJS.ProcessEnv;
}

export const nodeTest: Runner = {
  imports: "import { after, beforeEach, test } from 'node:test';",
  command: [process.execPath, '--test'],
};

/** Puts the files of docs/testing.md into a project: the app, and one file with all of its tests. */
function guideFiles(imports: string): { app: string; tests: string } {
  const guide = readFileSync(join(root, 'docs/testing.md'), 'utf8');
  const [app = '', ...tests] = [...guide.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code);
  return { app, tests: tests.join('\n').replace(nodeTest.imports, imports) };
}

/** How many tests the guide prints. */
export function guideTests(): number {
  return guideFiles('').tests.match(/^test\(/gm)?.length ?? 0;
}

/** Runs every test of docs/testing.md as printed, in a project that has installed the package. Resolves with what it says. */
export async function runGuide({ dir }: Consumer, { imports, command, env }: Runner): Promise<string> {
  const { app, tests } = guideFiles(imports);
  writeFileSync(join(dir, 'app.js'), app);
  writeFileSync(join(dir, 'app.test.js'), tests);
  const [program, ...args] = command;
  const plain = { ...process.env, ...env };
  delete plain['NODE_TEST_CONTEXT']; // of the test that runs this one
  const { stdout, stderr } = await run(program, [...args, 'app.test.js'], { cwd: dir, env: plain }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`);
    },
  );
  return stdout + stderr;
}

/** The same kit in CommonJS. */
export const commonJsKitTest = `const test = require('node:test');
const cookieParser = require('cookie-parser');
const express = require('express');
const request = require('supertest');
const { createActionlog, actorOf } = require('express-actionlog');
const { createTestActionlog, memoryStore } = require('express-actionlog/testing');

test('the kit by require()', async () => {
  const log = createTestActionlog();
  const app = express().use(cookieParser(), log.middleware());
  app.post('/', (req, res, next) => {
    req.logaction('done by ' + actorOf(req).login, {}, { rectype: 'a', recid: 1 }).then(() => res.end(), next);
  });
  await request(app).post('/').set('Cookie', log.cookieFor({ userid: 7, login: 'anna' })).expect(200);
  log.assertLogged('done by anna');
  await log.assertAnnounced({ record: { rectype: 'a', recid: 1 } });
  await log.close();
});

test('the store alone', async () => {
  const actionlog = createActionlog({ database: memoryStore(), session: () => undefined });
  await actionlog.as({ userid: 7 }).logaction('kept');
  const [entry] = await actionlog.history({ gsid: 1 });
  require('node:assert').equal(entry.logmessage, 'kept');
  await actionlog.close();
});
`;
