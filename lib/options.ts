import { z } from 'zod';

/** Secrets that were ever printed in documentation, ours or Gyroscope's: nobody may run on them. */
const publishedSecrets = new Set([
  'asdf',
  'asdf-changeme',
  'gyroscope_demo',
  'gyroscope-demo',
  'change-me',
  'changeme',
]);

/** Options whose value must not appear in an error message. */
const secretOptions = /secret|internalKey|saltroot|password|database/i;

/** A positive whole number of milliseconds. */
export const milliseconds = z.number().int().positive();

/** A positive whole number. */
export const count = z.number().int().positive();

const howToMakeOne = 'make one with `node -p "crypto.randomBytes(32).toString(\'hex\')"`';

/** A secret for the default mode. */
export const secret = z
  .string(`a secret (is the environment variable set?): ${howToMakeOne}`)
  .refine((secret) => !publishedSecrets.has(secret.toLowerCase()), 'a secret of your own, not a published sample')
  .refine((secret) => Buffer.byteLength(secret) >= 32, `at least 32 bytes: ${howToMakeOne}`);

/** Secrets for the default mode: one or more, the first signs, all of them are taken. */
export const secrets = z.array(secret, 'a list of secrets, such as [process.env.SECRET]').min(1, 'at least one secret');

const warned = new Set<string>();

/**
 * Gyroscope's own secrets must be taken as they are; but nobody should run on a weak one without having been told. Emits
 * a process warning with the code `ACTIONLOG_WEAK_KEY`, once for each option.
 */
export function warnOfWeakSecret(where: string, option: string, given: string): void {
  const verdict = secret.safeParse(given);
  const name = `${where}: option "${option}"`;
  if (verdict.success || warned.has(name)) return;
  warned.add(name);
  const wanted = verdict.error.issues[0]?.message ?? 'a stronger one';
  process.emitWarning(`${name} is weak: expected ${wanted}`, { code: 'ACTIONLOG_WEAK_KEY' });
}

/** An IANA time zone that this Node knows, such as `America/Toronto`. */
export const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'an IANA time zone such as "America/Toronto"');

/** A function of the caller's. */
export const callback = <F extends (...args: never[]) => unknown>() =>
  z.custom<F>((value) => typeof value === 'function', 'a function');

/** An http(s) address of a server, without query, fragment or credentials. */
export const httpUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    !`${url.username}${url.password}${url.search}${url.hash}`
  );
}, 'an address such as "http://127.0.0.1:9999", without credentials or query');

/**
 * Checks options against a schema, fills in the defaults.
 *
 * @throws TypeError naming the option, what was expected, what was given (never a secret) and the options that exist
 */
export function parseOptions<S extends z.ZodType>(schema: S, given: unknown, where: string): z.output<S> {
  const result = schema.safeParse(given ?? {});
  if (result.success) return result.data;
  throw new TypeError(result.error.issues.map((issue) => describe(issue, given, where)).join('\n'));
}

/**
 * Refuses keys that no option has, where a schema at each call would cost more than the call.
 *
 * @throws TypeError naming the key
 */
export function refuseOthers(given: object, known: ReadonlySet<string>, where: string): void {
  for (const key of Object.keys(given)) {
    if (!known.has(key)) {
      throw new TypeError(`${where}: unknown option ${JSON.stringify(key)}; expected ${[...known].join(', ')}`);
    }
  }
}

function describe(issue: z.core.$ZodIssue, given: unknown, where: string): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const at = path ? ` in "${path}"` : '';
    return `${where}: unknown option ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}${at}; see its documentation for the options that exist`;
  }
  const value = issue.path.reduce<unknown>(
    (from, key) => (from as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
  const got = secretOptions.test(path) ? shapeOf(value) : print(value);
  return `${where}: option "${path}": expected ${expectation(issue)}, got ${got}`;
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return issue.expected === 'int' ? 'a whole number' : `type ${issue.expected}`;
  if (issue.code === 'too_small' && issue.origin === 'number')
    return `a number of at least ${issue.inclusive ? issue.minimum : `more than ${issue.minimum}`}`;
  if (issue.code === 'invalid_value') return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  return issue.message;
}

function shapeOf(value: unknown): string {
  if (value === undefined || value === '') return value === '' ? 'an empty string' : 'nothing';
  if (typeof value === 'string') return `a string of ${Buffer.byteLength(value)} bytes`;
  return Array.isArray(value) ? `a list of ${value.length}` : `type ${typeof value}`;
}

function print(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return JSON.stringify(value)
      .replace(/\/\/[^/@]*@/, '//…@')
      .slice(0, 120);
  }
  return shapeOf(value);
}
