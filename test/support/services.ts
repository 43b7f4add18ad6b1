import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';

/** A service of the test run: the environment that tells its address, and how to end it. */
export interface Service {
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** The program's path, or a clear failure: a test run without a service it needs must not pass. */
function program(name: string): string {
  const dirs = [
    '/usr/sbin',
    '/usr/bin',
    '/usr/local/sbin',
    '/usr/local/bin',
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  const path = dirs.map((dir) => join(dir, name)).find((file) => existsSync(file));
  if (!path) throw new Error(`${name} is not installed: \`npm run setup\` installs it, or says what to install`);
  return path;
}

/** The program of Redis, or of what stands in for it: `TEST_REDIS_SERVER`, such as `valkey-server`. */
export function redisServer(): string {
  return program(process.env['TEST_REDIS_SERVER'] ?? 'redis-server');
}

const keeper = fileURLToPath(new URL('keeper.mjs', import.meta.url));

/** Starts a program that ends with this process, however that ends, and whose folder goes with it. SIGTERM kills it. */
function keep(dir: string, path: string, args: string[], stderr: 'pipe' | 'ignore'): ChildProcess {
  return spawn(process.execPath, [keeper, dir, path, ...args], { stdio: ['ignore', 'ignore', stderr, 'ipc'] });
}

/** kill -9 of a program that is kept, and its end. */
export async function killKept(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

function stopper(child: ChildProcess, dir: string): () => Promise<void> {
  return async () => {
    await killKept(child); // its data is thrown away: nothing to shut down in order
    rmSync(dir, { recursive: true, force: true });
  };
}

/** A new data folder of MariaDB, on which {@link runMariadb} starts it. */
export function installMariadb(): string {
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-mariadb-'));
  mkdirSync(join(dir, 'tmp'));
  const options = [...mariadbOptions(dir), '--auth-root-authentication-method=normal', '--skip-test-db'];
  execFileSync(program('mariadb-install-db'), options, { stdio: ['ignore', 'ignore', 'inherit'] });
  return dir;
}

/** Its temporary tables have a folder of their own: a server that starts deletes all that it finds where it keeps them. */
function mariadbOptions(dir: string): string[] {
  const places = [`--datadir=${join(dir, 'data')}`, `--tmpdir=${join(dir, 'tmp')}`];
  return ['--no-defaults', ...places, `--user=${userInfo().username}`];
}

/** Starts MariaDB on a data folder, and resolves once it answers. */
export async function runMariadb(dir: string, port: number): Promise<{ url: string; child: ChildProcess }> {
  const child = keep(
    dir,
    program('mariadbd'),
    [
      ...mariadbOptions(dir),
      ...[`--socket=${join(dir, 'mysqld.sock')}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--pid-file=${join(dir, 'pid')}`, '--innodb-buffer-pool-size=128M', '--max-connections=500'],
      '--innodb-flush-log-at-trx-commit=1',
      '--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    ],
    'pipe',
  );
  const said: string[] = [];
  child.stderr?.on('data', (text: Buffer) => said.push(text.toString()));
  const url = `mysql://root@127.0.0.1:${port}`;
  if (await answers(child, url)) return { url, child };
  throw new Error(`MariaDB did not start:\n${said.join('').slice(-2000)}`);
}

/** A private MariaDB in a folder of its own, on a socket and a port that the kernel picked; `TEST_MYSQL_URL` where given. */
export async function startMariadb(env: NodeJS.ProcessEnv): Promise<Service> {
  if (env['TEST_MYSQL_URL']) return { env: {}, stop: async () => {} };
  const dir = installMariadb();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { url, child } = await runMariadb(dir, await freePort());
      return { env: { TEST_MYSQL_URL: url }, stop: stopper(child, dir) };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function answers(child: ChildProcess, url: string): Promise<boolean> {
  for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 50) {
    try {
      const connection = await createConnection(url);
      await connection.end();
      return true;
    } catch {
      await sleep(50); // not up yet
    }
  }
  await killKept(child);
  return false;
}

/** A private Redis on a unix socket, so that no port is needed; `TEST_REDIS_URL` where given. */
export async function startRedis(env: NodeJS.ProcessEnv): Promise<Service> {
  if (env['TEST_REDIS_URL']) return { env: {}, stop: async () => {} };
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-redis-'));
  const socket = join(dir, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', dir];
  const child = keep(dir, redisServer(), args, 'ignore');
  for (let waited = 0; waited < 10_000 && !existsSync(socket); waited += 20) await sleep(20);
  if (!existsSync(socket)) throw new Error('Redis did not start');
  return { env: { TEST_REDIS_URL: `unix://${socket}` }, stop: stopper(child, dir) };
}

/** A port that was free a moment ago; the caller tries again where somebody else was faster. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
