import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { createStreamServer } from '../../lib/server/index.ts';
import { secret, startServer } from './clients.ts';

const refusal = (message: RegExp) => (error: Error) => {
  assert.match(error.message, message);
  return error instanceof TypeError;
};

describe('an option that is misspelt, or of another form, is a TypeError', () => {
  test('of listen()', async () => {
    await using server = createStreamServer({ secrets: [secret] });
    await assert.rejects(server.listen({ prot: 1 } as never), refusal(/listen: unknown option "prot"/));
    for (const port of ['9999', -1, 1.5, 65_536, null]) {
      await assert.rejects(server.listen({ port } as never), refusal(/listen: option "port"/));
    }
    await assert.rejects(server.listen({ host: '' }), refusal(/listen: option "host"/));
    assert.equal((await server.listen({ port: undefined, host: undefined })).host, '127.0.0.1');
  });

  test('of attach()', async () => {
    await using server = createStreamServer({ secrets: [secret] });
    const app = createServer();
    assert.throws(() => server.attach(app, { pth: '/live' } as never), refusal(/attach: unknown option "pth"/));
    assert.throws(
      () => server.attach(app, { path: 'live' }),
      refusal(/attach: option "path".*"\/actionlog", got "live"/),
    );
    assert.equal(app.listenerCount('upgrade'), 0);
  });

  test('of close(), which then closes nothing', async () => {
    await using running = await startServer();
    const { server } = running;
    await assert.rejects(server.close({ timeout: 5 } as never), refusal(/close: unknown option "timeout"/));
    await assert.rejects(server.close({ timeoutMs: -1 }), refusal(/close: option "timeoutMs"/));
    assert.equal(server.ready, true);
    await server.close({ timeoutMs: 0 });
    assert.equal(server.ready, false);
  });
});
