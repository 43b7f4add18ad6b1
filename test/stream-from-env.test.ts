import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamFromEnv } from '../lib/index.ts';

test('STREAM_* give the default wire, several secrets newest first', () => {
  assert.deepEqual(
    streamFromEnv({ STREAM_URL: 'http://s:1', STREAM_SECRET: 'new old', STREAM_PUBLIC_URL: '/stream/' }),
    {
      url: 'http://s:1',
      secrets: ['new', 'old'],
      publicUrl: '/stream/',
    },
  );
});

test('one of the two without the other names the missing one', () => {
  assert.throws(() => streamFromEnv({ STREAM_URL: 'http://s:1' }), /STREAM_SECRET is not set/);
  assert.throws(() => streamFromEnv({ STREAM_URL: 'http://s:1', STREAM_SECRET: ' ' }), TypeError);
  assert.throws(() => streamFromEnv({ STREAM_SECRET: 'x' }), /STREAM_URL is not set/);
});

test('WSS_* give Gyroscope’s wire; an empty key is its legacy mode', () => {
  const env = { WSS_INTERNAL_HOST: '10.0.0.5', WSS_INTERNAL_PORT: '8080', WSS_INTERNAL_KEY: 'k', WSSECRET: 's' };
  assert.deepEqual(streamFromEnv(env), { url: 'http://10.0.0.5:8080', internalKey: 'k', wssecret: 's' });
  assert.deepEqual(streamFromEnv({ WSS_INTERNAL_KEY: '', WSSECRET: 's' }), { internalKey: '', wssecret: 's' });
});

test('an IPv6 host gets its brackets', () => {
  assert.equal(streamFromEnv({ WSS_INTERNAL_HOST: '::1', WSSECRET: 's' })?.url, 'http://[::1]:9999');
});

test('nothing set is nothing announced', () => {
  assert.equal(streamFromEnv({}), undefined);
  assert.equal(streamFromEnv({ WSS_INTERNAL_HOST: '', WSS_INTERNAL_KEY: '', STREAM_URL: '' }), undefined);
});
