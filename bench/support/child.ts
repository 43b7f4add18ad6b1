import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Call, Functions } from './serve.ts';

/** How a child is started. */
export interface ChildOptions {
  env?: Record<string, string>;
  /** Options of Node's, such as `--expose-gc`. */
  execArgv?: string[];
  /** A command that runs the child, such as `['unshare', '--net', …]`; it must keep file descriptors and exec. */
  prefix?: string[];
}

/** A module in a process of its own. */
export interface Child<Api> {
  readonly pid: number;
  /** Calls a function that the child serves. Rejects with its error, or when the child ends. */
  call<Name extends keyof Api & string>(
    name: Name,
    ...args: Api[Name] extends (...args: infer Args) => unknown ? Args : never
  ): Promise<Api[Name] extends (...args: never[]) => infer Result ? Awaited<Result> : never>;
  /** Has the child close what it has opened, and end; kills it where that takes over five seconds. */
  close(): Promise<void>;
}

const closeTimeoutMs = 5_000;

/** Starts a module in a process of its own, on this version of Node, and resolves once it serves. */
export async function startChild<Api>(module: URL, options: ChildOptions = {}): Promise<Child<Api>> {
  const { env = {}, execArgv = [], prefix = [] } = options;
  const [command = process.execPath, ...args] = [
    ...prefix,
    process.execPath,
    ...['--import', import.meta.resolve('tsx'), ...execArgv, fileURLToPath(module)],
  ];
  const child = spawn(command, args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let id = 0;
  const name = fileURLToPath(module).split('/').pop();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const { reject } of calls.values()) reject(new Error(`${name} has ended: ${signal ?? `code ${code}`}`));
      calls.clear();
      resolve();
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (answer: Answer) => {
      if ('ready' in answer) return resolve();
      const call = calls.get(answer.id);
      calls.delete(answer.id);
      if (answer.error === undefined) call?.resolve(answer.result);
      else call?.reject(new Error(`${name}: ${answer.error}`));
    });
    child.once('error', reject);
    ended.then(() => reject(new Error(`${name} has ended before it served`)));
  });
  await ready;
  return {
    pid: child.pid ?? 0,
    async call(name, ...args) {
      if (!child.connected) throw new Error(`${fileURLToPath(module)} has ended`);
      id += 1;
      const result = new Promise((resolve, reject) => calls.set(id, { resolve, reject }));
      child.send({ id, name, args } satisfies Call);
      return (await result) as never;
    },
    close: () => close(child, ended),
  };
}

async function close(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (child.connected) child.send({ close: true } satisfies Call, () => undefined);
  const late = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs);
  await ended;
  clearTimeout(late);
}

/** The API of a child's module: `ApiOf<typeof import('./children/listeners.ts')>`. */
export type ApiOf<Module extends { api: Functions }> = Module['api'];
