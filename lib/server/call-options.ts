import { z } from 'zod';
import { parseOptions } from '../options.ts';

const listen = z.strictObject({
  port: z.number().int().min(0).max(65_535).default(0),
  host: z.string().min(1).default('127.0.0.1'),
});

const attach = z.strictObject({
  path: z
    .string()
    .regex(/^\/[^?#]*$/, 'a path such as "/actionlog"')
    .default('/actionlog'),
});

const close = z.strictObject({ timeoutMs: z.number().min(0).default(2_000) });

/** Checks what a streaming server's `listen()` is told. @throws TypeError where an option is wrong, saying which */
export const listenOptions = (given: unknown) => parseOptions(listen, given, 'listen');

/** The same of `attach()`. */
export const attachOptions = (given: unknown) => parseOptions(attach, given, 'attach');

/** The same of `close()`. */
export const closeOptions = (given: unknown) => parseOptions(close, given, 'close');
