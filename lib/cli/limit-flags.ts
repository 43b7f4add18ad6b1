import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HistoryOptions, StreamServerOptions } from '../server/index.ts';

/** Options of `createStreamServer` that are numbers, each a flag of the same name: `maxConnections`, `--max-connections`. */
const limits = {
  maxConnections: 'most pages at a time',
  maxConnectionsPerTenant: 'most pages of one tenant',
  maxConnectionsPerUser: 'most pages of one user',
  maxConnectsPerMinute: "how often one user's pages may connect in a minute",
  maxRelaysPerSecond: 'how many relays one secret may sign in a second',
  maxBufferedBytes: 'most bytes that wait for one page to read them',
  maxConnectionAgeMs: "about how long a page's connection may last",
  heartbeatMs: 'time between two heartbeats',
  toleranceMs: "how far a relay's stamp may be off",
  drainMs: 'how long the end may take until the last page was told to leave',
  returnWithinMs: 'within which time after the end pages come back',
} as const satisfies Partial<Record<keyof StreamServerOptions, string>>;

/** The options below `history`: `maxEvents`, `--history-max-events`. */
const history = {
  maxEvents: 'most events of one tenant that are remembered',
  maxBytes: "most bytes of one tenant's events",
  maxTotalBytes: "most bytes of all tenants' events",
  maxAgeMs: 'how long an event is remembered',
} as const satisfies Record<keyof HistoryOptions, string>;

type Given = Readonly<Record<string, unknown>>;

/** Adds a flag for each limit. What is not given is left to the server's defaults. */
export function addLimitFlags(command: Command): void {
  for (const [name, what] of Object.entries(limits)) command.addOption(flag(name, what));
  for (const [name, what] of Object.entries(history)) command.addOption(flag(historyFlag(name), what));
}

/** The limits that were given, as options of `createStreamServer`. */
export function limitsFrom(given: Given): StreamServerOptions {
  const remembered = Object.keys(history).map((name) => [name, given[historyFlag(name)]] as const);
  return {
    ...present(Object.keys(limits).map((name) => [name, given[name]] as const)),
    history: present(remembered),
  };
}

function present(entries: (readonly [string, unknown])[]): Record<string, number> {
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}

function historyFlag(name: string): string {
  return `history${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function flag(name: string, what: string): Option {
  const kebab = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new Option(`--${kebab} <${name.endsWith('Ms') ? 'ms' : 'number'}>`, what).argParser(whole);
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new InvalidArgumentError('a whole number above 0');
  return Number(text);
}
