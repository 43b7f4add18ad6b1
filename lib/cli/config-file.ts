import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { z } from 'zod';
import type { CliIo } from './io.ts';
import { nearest } from './nearest.ts';

/** The config file that is taken where none is named. */
const usualName = 'express-actionlog.json';

/** Takes options from the environment that the command line was given: commander itself knows that of the process alone. */
export function applyEnvironment(command: Command, env: CliIo['env']): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (option.envVar === undefined || command.getOptionValueSource(name) === 'cli') continue;
    const text = env[option.envVar];
    const value =
      text === undefined || text === ''
        ? option.defaultValue
        : parsed(option, text, `the environment, ${option.envVar}`);
    command.setOptionValueWithSource(name, value, value === option.defaultValue ? 'default' : 'env');
  }
}

/**
 * Fills in what neither flags nor the environment say: keys are the names of flags in camel case, for every command that
 * has them, or in an object under a command's name for that one alone.
 *
 * @throws TypeError where the file is none, or has a key or value that no command knows
 */
export function applyConfig(command: Command, named: string | undefined, { env, cwd = process.cwd() }: CliIo): void {
  const file = resolve(cwd, named ?? usualName);
  if (named === undefined && !existsSync(file)) return;
  const commands = command.parent?.commands ?? [];
  const config = read(file);
  check(config, commands, file);
  const values = { ...config, ...(config[command.name()] as Record<string, unknown> | undefined) };
  for (const option of settable(command)) {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    if (values[name] === undefined || (source !== undefined && source !== 'default')) continue;
    command.setOptionValueWithSource(name, parsed(option, values[name], `config file ${file}`), 'config');
  }
  const takesDatabase = command.registeredArguments[0]?.name() === 'database';
  if (takesDatabase && command.processedArgs[0] === undefined && !env['ACTIONLOG_DATABASE']) {
    command.processedArgs[0] = values['database'];
  }
}

function read(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new TypeError(`config file ${file}: cannot be read as JSON`, { cause });
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  if (!object.success) throw new TypeError(`config file ${file}: expected an object such as {"serve":{"port":9999}}`);
  return object.data;
}

function check(config: Record<string, unknown>, commands: readonly Command[], file: string): void {
  const sections = new Map(commands.map((command) => [command.name(), shapeOf(command)]));
  const common = Object.assign({ database: z.string() }, ...sections.values()) as Record<string, z.ZodType>;
  for (const [key, value] of Object.entries(config)) {
    const section = sections.get(key);
    if (!section) checkOne(key, value, common, [...Object.keys(common), ...sections.keys()], file);
    else {
      const object = z.record(z.string(), z.unknown()).safeParse(value);
      if (!object.success) throw new TypeError(`config file ${file}: "${key}" is a command: expected an object`);
      for (const [name, inner] of Object.entries(object.data)) {
        checkOne(name, inner, section, Object.keys(section), file, key);
      }
    }
  }
}

function checkOne(
  key: string,
  value: unknown,
  shape: Record<string, z.ZodType>,
  known: string[],
  file: string,
  section?: string,
) {
  const where = section === undefined ? `"${key}"` : `"${key}" in "${section}"`;
  const schema = known.includes(key) ? shape[key] : undefined;
  if (!schema) {
    const meant = nearest(key, known);
    const secret = /secret|key|password|redis_?url/i.test(key)
      ? '; secrets and addresses of Redis come from the environment'
      : '';
    throw new TypeError(
      `config file ${file}: unknown key ${where}${meant ? `; did you mean "${meant}"?` : ''}${secret}`,
    );
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new TypeError(`config file ${file}: ${where}: ${result.error.issues[0]?.message}`);
}

/** The options of a command that a config file may set. */
function settable(command: Command): Option[] {
  return command.options.filter((option) => !['help', 'version', 'json', 'config'].includes(option.attributeName()));
}

function shapeOf(command: Command): Record<string, z.ZodType> {
  const ofDatabase = command.registeredArguments[0]?.name() === 'database' ? { database: z.string() } : {};
  const options = settable(command).map((option) => [option.attributeName(), schemaOf(option)] as const);
  return { ...ofDatabase, ...Object.fromEntries(options) };
}

function schemaOf(option: Option): z.ZodType {
  if (option.variadic) return z.array(z.string());
  if (option.isBoolean()) return z.boolean();
  const value = option.argChoices
    ? z.enum(option.argChoices)
    : z.union([z.string(), z.number()], 'expected a text or a number');
  return option.optional ? z.union([z.boolean(), value]) : value;
}

/** @throws TypeError where the option's own parser refuses it */
function parsed(option: Option, value: unknown, where: string): unknown {
  if (!option.parseArg || typeof value === 'boolean' || Array.isArray(value)) return value;
  try {
    return option.parseArg(String(value), undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new TypeError(`${where}: "${option.attributeName()}": expected ${error.message}`);
  }
}
