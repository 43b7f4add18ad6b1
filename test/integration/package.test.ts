import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Consumer, checkTypes, createConsumer, readmeBlock, root, run, runReadmeApp } from './consumer.ts';
import { commonJsKitTest, guideTests, nodeTest, runGuide } from './kit-consumer.ts';
import { checkRecords } from './typed-records.ts';

let consumer: Consumer;

before(async () => {
  const types = [
    'typescript@6',
    '@types/express@5',
    '@types/node@20',
    '@types/cookie-parser',
    '@types/react@19',
    '@types/supertest@7',
  ];
  consumer = await createConsumer('express@5', 'cookie-parser', 'libsql', 'react@19', 'supertest@7', ...types);
});

after(() => consumer.remove());

const entries = {
  'express-actionlog': [
    'createActionlog',
    'signedSession',
    'gyroscopeSession',
    'streamFromEnv',
    'actorOf',
    'ActionlogError',
  ],
  'express-actionlog/server': ['createStreamServer'],
  'express-actionlog/browser': ['createActionlogClient', 'pageClient'],
  'express-actionlog/element': ['ActionlogNotice'],
  'express-actionlog/redis': ['redisEngine', 'redisActions', 'redisRelay'],
  'express-actionlog/testing': ['createTestActionlog', 'memoryStore'],
  'express-actionlog/react': ['ActionlogProvider', 'useActionlog', 'useRecordChange'],
};

test('each entry point of the exports map is one that is tried here', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
  const tried = ['./package.json', ...Object.keys(entries).map((name) => name.replace('express-actionlog', '.'))];
  assert.deepEqual(Object.keys(exports).sort(), tried.sort());
});

for (const [name, names] of Object.entries(entries)) {
  test(`${name} by import and by require`, async () => {
    const look = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => typeof it[name])))`;
    const expected = JSON.stringify(names.map(() => 'function'));
    writeFileSync(join(consumer.dir, 'by-import.mjs'), `import * as it from '${name}'; ${look}`);
    writeFileSync(join(consumer.dir, 'by-require.cjs'), `const it = require('${name}'); ${look}`);
    for (const file of ['by-import.mjs', 'by-require.cjs']) {
      const { stdout } = await run(process.execPath, [file], { cwd: consumer.dir });
      assert.equal(stdout.trim(), expected, file);
    }
  });
}

test('the types hold in a strict project, under nodenext and bundler resolution', async () => {
  await checkTypes(consumer, { declarations: true });
});

test('the record types that an app declares are checked from logaction to the handler, in each entry point', async () => {
  await checkRecords(consumer.dir);
});

test('the test kit: each test of its guide as printed, under node:test', async () => {
  const said = await runGuide(consumer, nodeTest);
  assert.match(said, new RegExp(`# pass ${guideTests()}\\n# fail 0`), said);
});

test('the test kit by require()', async () => {
  writeFileSync(join(consumer.dir, 'kit.test.cjs'), commonJsKitTest);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['--test', 'kit.test.cjs'], { cwd: consumer.dir, env });
  assert.match(stdout, /# pass 2\n# fail 0/);
});

test("the README's fifteen lines work as printed", async () => {
  const statements = readmeBlock('js')
    .split('\n')
    .filter((line) => /^[^/\s}]/.test(line));
  assert.ok(statements.length <= 15, 'fifteen statements at most');
  await runReadmeApp(consumer);
});

test('the command is there, and teaches its use', async () => {
  const { stdout } = await run('npx', ['express-actionlog', '--help'], { cwd: consumer.dir });
  assert.match(stdout, /migrate[\s\S]*serve/);
  const help = await run('npx', ['express-actionlog', 'serve', '--help'], { cwd: consumer.dir });
  assert.match(help.stdout, /STREAM_SECRET/);
});
