import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { LoneRequests } from '../../lib/stream/relay-connection.ts';

const run = promisify(execFile);
const source = new URL('../../lib/stream/relay-connection.ts', import.meta.url).href;

/** Posts three times from a process that trusts the certificate, and prints what became of it. */
const script = (url: string) => `
  const { LoneRequests } = await import(${JSON.stringify(source)});
  const requests = new LoneRequests({ url: ${JSON.stringify(url)}, connectTimeoutMs: 2000, timeoutMs: 2000 });
  for (let i = 0; i < 3; i += 1) {
    const outcome = await requests.post(() => ({}), 'body').catch((error) => ({ status: error.cause?.code }));
    console.log(outcome.status);
  }`;

test('over https the certificate is checked, and known sessions are taken up again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await run('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', cert]);

  const reused: boolean[] = [];
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (req, res) => {
    reused.push((req.socket as TLSSocket).isSessionReused());
    req.resume().once('end', () => res.writeHead(202).end('{}'));
  }).listen(0);
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;

  const strict = new LoneRequests({ url: `https://localhost:${port}`, connectTimeoutMs: 2000, timeoutMs: 2000 });
  await assert.rejects(
    strict.post(() => ({}), 'body'),
    ({ code, cause }: Error & { code: string }) =>
      code === 'relay-unreachable' && (cause as NodeJS.ErrnoException).code === 'DEPTH_ZERO_SELF_SIGNED_CERT',
  );
  assert.deepEqual(reused, []);

  const from = async (url: string) => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', script(url)];
    const { stdout } = await run(process.execPath, args, { env: { ...process.env, NODE_EXTRA_CA_CERTS: cert } });
    return stdout.trim().split('\n');
  };
  assert.deepEqual(await from(`https://localhost:${port}`), ['202', '202', '202']);
  assert.deepEqual(reused, [false, true, true]);
  const wrongName = 'ERR_TLS_CERT_ALTNAME_INVALID';
  assert.deepEqual(await from(`https://127.0.0.1:${port}`), [wrongName, wrongName, wrongName]);
});
