import { type Command, Option } from 'commander';
import { redisRelay } from '../redis/index.ts';
import { CircuitBreaker } from '../stream/circuit-breaker.ts';
import { GyroscopeTcpRelay } from '../stream/gyroscope-relay.ts';
import { HttpRelay, type Relay } from '../stream/relay.ts';
import type { CliIo } from './io.ts';

/** The flags by which a streaming server is named. */
export interface StreamFlags {
  url?: string;
  redisPrefix?: string;
  timeout: number;
}

const howSecret = 'set STREAM_SECRET to the secret that the streaming server has as well';

/** Adds `--url` and `--timeout`. */
export function addStreamFlags(command: Command): Command {
  return command
    .addOption(new Option('--url <address>', 'the streaming server, such as http://127.0.0.1:9999').env('STREAM_URL'))
    .addOption(new Option('--timeout <ms>', 'how long to wait for an answer').default(3_000).argParser(Number));
}

/** Adds `--json`. */
export function addJsonFlag(command: Command): Command {
  return command.option('--json', 'print JSON, for machines');
}

/** The secrets of the default wire; empty where there are none. */
export function secretsFrom(env: CliIo['env']): string[] {
  return (env['STREAM_SECRET'] ?? '').split(/\s+/).filter((secret) => secret !== '');
}

/** @throws TypeError where there is none */
export function requiredSecrets(env: CliIo['env'], command: string): string[] {
  const secrets = secretsFrom(env);
  if (secrets.length === 0) throw new TypeError(`${command}: ${howSecret}`);
  return secrets;
}

/** @throws TypeError where there is none, or where it is none */
export function requiredUrl({ url }: Pick<StreamFlags, 'url'>, command: string): string {
  if (!url) throw new TypeError(`${command}: which streaming server? Name it by --url, or set STREAM_URL`);
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : new URL('none:');
  if (!/^https?:$/.test(protocol) || username || password) {
    throw new TypeError(`${command}: --url: expected an address such as http://127.0.0.1:9999, without credentials`);
  }
  return url.replace(/\/$/, '');
}

/**
 * A relay as the flags and the environment name it: a list in Redis, the default wire, or Gyroscope's where only its keys
 * are there. Whoever asks for it closes it.
 */
export function relayFor(flags: StreamFlags, env: CliIo['env'], command: string): Relay {
  const bounds = { timeoutMs: flags.timeout, connectTimeoutMs: flags.timeout, maxConnections: 1, maxQueued: 10 };
  if (flags.redisPrefix !== undefined) {
    const breaker = new CircuitBreaker({ onChange: () => undefined });
    const onError = () => undefined; // the event that could not be sent tells it
    const options = { redis: redisAddress(env, command), prefix: flags.redisPrefix };
    return redisRelay(options).open({ ...bounds, gyroscope: false, breaker, onError });
  }
  const url = requiredUrl(flags, command);
  const secrets = secretsFrom(env);
  const { WSS_INTERNAL_KEY: internalKey, WSSECRET: wssecret, WSS_TIME_ZONE: timeZone = 'UTC' } = env;
  if (secrets.length === 0 && internalKey && wssecret) {
    return new GyroscopeTcpRelay({ ...bounds, url, internalKey, wssecret, timeZone, maxConnectionsPerSecond: 10 });
  }
  return new HttpRelay({ ...bounds, url, secrets: requiredSecrets(env, command) });
}

/** The address of Redis: it may hold a password, so it comes from the environment alone. @throws TypeError */
export function redisAddress(env: CliIo['env'], command: string): string {
  const address = env['REDIS_URL'];
  if (!address) throw new TypeError(`${command}: --redis-prefix needs the address of Redis in REDIS_URL`);
  return address;
}
