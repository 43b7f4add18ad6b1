import { after, before, test } from 'node:test';
import { type Consumer, checkTypes, createConsumer, runCommonJsApp, runReadmeApp } from './consumer.ts';

let consumer: Consumer;

before(async () => {
  const types = ['typescript@6', '@types/express@4', '@types/node@20', '@types/cookie-parser'];
  consumer = await createConsumer('express@4', 'cookie-parser', 'libsql', ...types);
});

after(() => consumer.remove());

test('with Express 4 the types hold, under nodenext and bundler resolution', async () => {
  await checkTypes(consumer);
});

test("with Express 4 the README's app works as printed", async () => {
  await runReadmeApp(consumer);
});

test('with Express 4 an app in CommonJS works', async () => {
  await runCommonJsApp(consumer);
});
