import { createServer } from 'node:net';
import { createConnection } from 'mysql2/promise';
import { createClient } from 'redis';
import { type Service, startMariadb, startRedis } from '../../test/support/services.ts';

/** The services of a run: each started when it is first asked for, and stopped with the run. */
export class Services {
  #mariadb: Promise<string> | undefined;
  #redis: Promise<{ url: string; version: string }> | undefined;
  readonly #started: Service[] = [];

  /** Starts MariaDB, sets `TEST_MYSQL_URL`, and resolves with its version. */
  mariadb(): Promise<string> {
    this.#mariadb ??= this.#startMariadb();
    return this.#mariadb;
  }

  /** Starts Redis. Resolves with its version and its address by TCP, as between hosts. */
  redis(): Promise<{ url: string; version: string }> {
    this.#redis ??= this.#startRedis();
    return this.#redis;
  }

  /** The versions of what has been started. */
  async versions(): Promise<{ mariadb?: string; redis?: string }> {
    const mariadb = await this.#mariadb;
    const redis = await this.#redis;
    return { ...(mariadb === undefined ? {} : { mariadb }), ...(redis === undefined ? {} : { redis: redis.version }) };
  }

  async stop(): Promise<void> {
    for (const service of this.#started) await service.stop();
  }

  async #startMariadb(): Promise<string> {
    const service = await startMariadb(process.env);
    this.#started.push(service);
    Object.assign(process.env, service.env);
    const connection = await createConnection(process.env['TEST_MYSQL_URL'] ?? '');
    const [rows] = await connection.query('SELECT VERSION() AS version');
    await connection.end();
    return String((rows as { version: string }[])[0]?.version);
  }

  async #startRedis(): Promise<{ url: string; version: string }> {
    const service = await startRedis(process.env);
    this.#started.push(service);
    const given = service.env['TEST_REDIS_URL'] ?? process.env['TEST_REDIS_URL'] ?? '';
    const isSocket = given.startsWith('unix:');
    const client = createClient(isSocket ? { socket: { path: new URL(given).pathname, tls: false } } : { url: given });
    await client.connect();
    try {
      const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown';
      for (let attempt = 1; isSocket; attempt += 1) {
        const port = await freePort();
        try {
          await client.configSet('port', String(port));
          return { url: `redis://127.0.0.1:${port}`, version };
        } catch (error) {
          if (attempt === 3) throw error; // somebody else was faster, thrice
        }
      }
      return { url: given, version };
    } finally {
      client.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
