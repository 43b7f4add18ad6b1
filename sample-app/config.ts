import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StreamOptions, streamFromEnv } from 'express-actionlog';
import { z } from 'zod';

/** Everything that the app takes from outside. This is the only file that reads the environment. */
export interface Config {
  host: string;
  /** 0: a free port. */
  port: number;
  /** Where the app's tables and the action log are. */
  database: { kind: 'sqlite'; file: string; actionlog: string } | { kind: 'mysql'; url: string; actionlog: string };
  /** A streaming server of its own, or the one that runs inside this process, on this port. */
  stream: { kind: 'separate'; options: StreamOptions } | { kind: 'embedded'; secrets: string[]; publicUrl?: string };
  sessionSecrets: string[];
  /** Whether `/streamtest` is there. */
  testPage: boolean;
  /** Express's `trust proxy`: whose `x-forwarded-*` headers are believed. */
  trustProxy: number | string | false;
  production: boolean;
}

/** What is wrong with the environment, one line for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const flag = z.enum(['0', '1'], { error: 'expected 1 or 0' }).transform((value) => value === '1');
/** One secret or several, newest first, separated by spaces: the first signs, all are taken. */
const secrets = z
  .string()
  .transform((text) => text.split(/\s+/).filter((secret) => secret !== ''))
  .refine(
    (list) => list.length > 0 && list.every((secret) => Buffer.byteLength(secret) >= 32),
    'expected at least 32 bytes; make one with `node -p "crypto.randomBytes(32).toString(\'hex\')"`',
  );

const environment = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'expected a port number')
    .transform(Number)
    .refine((port) => port <= 65535, 'expected a port number up to 65535')
    .default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .refine((text) => URL.canParse(text) && new URL(text).protocol === 'mysql:', 'expected mysql://user@host/database')
    .optional(),
  STREAM_URL: z.string().optional(),
  STREAM_SECRET: secrets.optional(),
  STREAM_PUBLIC_URL: z.string().optional(),
  SESSION_SECRET: secrets.optional(),
  SAMPLE_DATA_DIR: z.string().default(fileURLToPath(new URL('data', import.meta.url))),
  SAMPLE_TEST_PAGE: flag.default(false),
  TRUST_PROXY: z
    .string()
    .regex(
      /^(\d+|(loopback|linklocal|uniquelocal|[\da-f.:]+(\/\d+)?)(, ?(loopback|linklocal|uniquelocal|[\da-f.:]+(\/\d+)?))*)$/i,
      'expected the number of proxies, or their addresses, such as "loopback" or "10.0.0.0/8"',
    )
    .transform((text) => (/^\d+$/.test(text) ? Number(text) : text))
    .optional(),
  NODE_ENV: z.string().optional(),
});

/**
 * Reads the configuration; makes the data folder and its secrets where they are missing.
 *
 * @throws ConfigError naming every variable that is wrong, never the value of a secret
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // An empty variable is one that is not set: `PORT= npm start`.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = environment.safeParse(given);
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const values = result.data;
  const production = values.NODE_ENV === 'production';
  if (values.SAMPLE_TEST_PAGE && production) {
    throw new ConfigError('SAMPLE_TEST_PAGE: the test page may announce anything, so it is refused in production');
  }
  if (values.STREAM_URL !== undefined && values.STREAM_SECRET === undefined) {
    throw new ConfigError('STREAM_SECRET: STREAM_URL needs the secret that the streaming server runs on');
  }
  const dir = values.SAMPLE_DATA_DIR;
  mkdirSync(dir, { recursive: true });
  return {
    host: values.HOST,
    port: values.PORT,
    database: values.DATABASE_URL
      ? { kind: 'mysql', url: values.DATABASE_URL, actionlog: values.DATABASE_URL }
      : { kind: 'sqlite', file: join(dir, 'sample.db'), actionlog: `sqlite:${join(dir, 'actionlog.db')}` },
    stream:
      values.STREAM_URL === undefined
        ? {
            kind: 'embedded',
            secrets: values.STREAM_SECRET ?? [keptSecret(dir, 'stream')],
            ...(values.STREAM_PUBLIC_URL === undefined ? {} : { publicUrl: values.STREAM_PUBLIC_URL }),
          }
        : { kind: 'separate', options: streamFromEnv(given) ?? {} },
    sessionSecrets: values.SESSION_SECRET ?? [keptSecret(dir, 'session')],
    testPage: values.SAMPLE_TEST_PAGE,
    trustProxy: values.TRUST_PROXY ?? false,
    production,
  };
}

/** The secret in a file that its owner alone may read; made on the first start. */
function keptSecret(dir: string, name: string): string {
  const file = join(dir, `${name}.secret`);
  try {
    // `wx` fails where the file is there already, also where another process was faster.
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
