import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { steadyPort } from '../faults/processes.ts';

/** The site file of the docs: what is tried here is what users copy. */
const siteFile = fileURLToPath(new URL('../../docs/nginx/actionlog.conf', import.meta.url));

/** What stands behind nginx. */
export interface NginxNeeds {
  appPort: number;
  nodePorts: [number, number, number];
  /** After how many seconds a worker that was replaced by a reload lets go of its pages; default: never. */
  workerShutdownSeconds?: number;
}

/** A private nginx in a folder of its own. */
export interface Nginx extends AsyncDisposable {
  /** Where pages come in, by https. */
  port: number;
  /** Where relays come in. */
  relayPort: number;
  /** The certificate that it shows, as its own authority. */
  certificate: string;
  /** Has it read its configuration anew (HUP); resolves once a worker of the new one is there. */
  reload(): Promise<void>;
  /** The ids of its workers, also of those that only keep the connections that they have. */
  workers(): number[];
}

/** Starts nginx with the site file of the docs. */
export async function startNginx(needs: NginxNeeds): Promise<Nginx> {
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-nginx-'));
  makeCertificate(dir);
  for (let attempt = 1; ; attempt += 1) {
    const ports = { port: await steadyPort(), relayPort: await steadyPort() };
    writeFileSync(join(dir, 'site.conf'), siteOf(dir, needs, ports));
    writeFileSync(join(dir, 'nginx.conf'), mainOf(dir, needs));
    try {
      return await run(dir, ports);
    } catch (error) {
      if (attempt < 3) continue; // somebody else was faster at a port
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }
}

async function run(dir: string, ports: { port: number; relayPort: number }): Promise<Nginx> {
  const child = spawn(program(), ['-p', dir, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr?.on('data', (text: Buffer) => said.push(text.toString()));
  const ended = once(child, 'exit');
  const stop = () => child.kill('SIGTERM');
  process.once('exit', stop);
  const isUp = async () => (await Promise.all(Object.values(ports).map(answers))).every(Boolean);
  for (let waited = 0; !(await isUp()); waited += 20) {
    if (child.exitCode !== null || waited > 10_000) {
      stop();
      throw new Error(`nginx did not start:\n${said.join('')}${log(dir)}`);
    }
    await sleep(20);
  }
  const workers = () => workersOf(child.pid ?? 0);
  return {
    ...ports,
    workers,
    certificate: readFileSync(join(dir, 'site.crt'), 'utf8'),
    async reload() {
      const before = new Set(workers());
      child.kill('SIGHUP');
      for (let waited = 0; workers().every((pid) => before.has(pid)); waited += 20) {
        if (waited > 10_000) throw new Error(`nginx did not reload:\n${log(dir)}`);
        await sleep(20);
      }
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', stop);
      stop(); // the master ends its workers: a kill would leave them
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function program(): string {
  const path = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find((file) => existsSync(file));
  if (!path) throw new Error('nginx is not installed: `npm run setup` installs it, or says what to install');
  return path;
}

function makeCertificate(dir: string): void {
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(dir, 'site.key'), '-out', join(dir, 'site.crt')];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...key, ...name], { stdio: ['ignore', 'ignore', 'ignore'] });
}

/** The site file with this run's values in the place of the examples; each of them must be there. */
function siteOf(dir: string, { appPort, nodePorts }: NginxNeeds, ports: { port: number; relayPort: number }): string {
  const values = {
    'listen 443 ssl': `listen 127.0.0.1:${ports.port} ssl`,
    'listen 127.0.0.1:9990': `listen 127.0.0.1:${ports.relayPort}`,
    'server 127.0.0.1:3000': `server 127.0.0.1:${appPort}`,
    'server 127.0.0.1:9991': `server 127.0.0.1:${nodePorts[0]}`,
    'server 127.0.0.1:9992': `server 127.0.0.1:${nodePorts[1]}`,
    'server 127.0.0.1:9993': `server 127.0.0.1:${nodePorts[2]}`,
    'app.example.com;': 'localhost;',
    '/etc/ssl/app.example.com.crt': join(dir, 'site.crt'),
    '/etc/ssl/app.example.com.key': join(dir, 'site.key'),
  };
  let text = readFileSync(siteFile, 'utf8');
  for (const [example, value] of Object.entries(values)) {
    if (text.split(example).length !== 2) throw new Error(`${siteFile}: "${example}" must stand there once`);
    text = text.replace(example, value);
  }
  return text;
}

function mainOf(dir: string, { workerShutdownSeconds }: NginxNeeds): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  for (const kind of kinds) mkdirSync(join(dir, kind), { recursive: true });
  return [
    ...(process.getuid?.() === 0 ? ['user root;'] : []), // the folder is the test's own
    ...['worker_processes 2;', 'worker_rlimit_nofile 4096;', 'pid nginx.pid;', 'error_log error.log warn;'],
    ...(workerShutdownSeconds === undefined ? [] : [`worker_shutdown_timeout ${workerShutdownSeconds}s;`]),
    'events { worker_connections 2048; }',
    'http {',
    'access_log off;',
    ...kinds.map((kind) => `${kind}_temp_path ${kind};`),
    'include site.conf;',
    '}\n',
  ].join('\n');
}

function workersOf(master: number): number[] {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

function log(dir: string): string {
  return existsSync(join(dir, 'error.log')) ? readFileSync(join(dir, 'error.log'), 'utf8').slice(-2000) : '';
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
