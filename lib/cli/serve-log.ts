import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { CliIo } from './io.ts';
import { scrubber } from './scrub.ts';

/** The levels that `--log-level` takes. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** The formats that `--log-format` takes. */
export const logFormats = ['json', 'text'] as const;

/** Options of {@link serveLog}. */
interface ServeLogOptions {
  level: (typeof logLevels)[number];
  /** Default: text at a terminal, JSON elsewhere. */
  format?: (typeof logFormats)[number] | undefined;
}

/** Fields that may hold a secret, should anybody ever log the options of something. */
const redact = ['secrets', 'secret', 'internalKey', 'wssecret', 'password', 'token', 'authorization', 'redis'].flatMap(
  (name) => [name, `*.${name}`],
);

/** The log of `serve`: one line for each thing that happened, by pino, and no secret in any of them. */
export function serveLog({ env, stdout }: Pick<CliIo, 'env' | 'stdout'>, { level, format }: ServeLogOptions): Logger {
  const scrub = scrubber(env);
  const asText = (format ?? (stdout.isTTY ? 'text' : 'json')) === 'text';
  const write = (line: string) => {
    const clean = scrub(line);
    stdout.write(asText ? textOf(clean) : clean);
  };
  const formatters = { level: (label: string) => ({ level: label }) };
  const options = { level, redact, formatters, base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime };
  return pino(options, { write });
}

/** A line for people: the time of day, the level where it is not the usual one, the message, then the fields. */
function textOf(line: string): string {
  const { time, level, msg, pid, event, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  const shown = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const { stack, message } = (err ?? {}) as { stack?: string; message?: string };
  const trace = stack && level === 'error' ? `\n${stack}` : message && message !== msg ? ` (${message})` : '';
  return `${clock} ${level === 'info' ? '' : `${String(level).toUpperCase()} `}${msg}${shown.join('')}${trace}\n`;
}
