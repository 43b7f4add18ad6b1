import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { main } from '../../../lib/cli/main.ts';

export const secret = 'a-secret-for-the-tests-of-thirty-two-bytes';

type Env = Record<string, string>;

/** A command that runs: what it has printed, and how it ends. */
export interface Running {
  said: { out: string; err: string };
  /** Resolves once the expression is found in what was printed to stdout, or to stderr. */
  until(wanted: RegExp): Promise<RegExpExecArray>;
  stop(signal?: string): void;
  code: Promise<number>;
}

/** Runs a command in this process; no config file is found by chance. */
export function run(argv: string[], env: Env = {}, cwd = tmpdir()): Running {
  const said = { out: '', err: '' };
  const watchers = new Set<() => void>();
  const written = (to: 'out' | 'err') => (text: string) => {
    said[to] += text;
    for (const watch of watchers) watch();
  };
  let stop: (signal?: string) => void = () => undefined;
  const stopped = new Promise<string>((resolve) => {
    stop = (signal = 'SIGTERM') => resolve(signal);
  });
  const io = { env, cwd, stdout: { write: written('out') }, stderr: { write: written('err') }, stopped };
  const code = main(argv, io);
  const until = (wanted: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const watch = () => {
        const found = wanted.exec(said.out) ?? wanted.exec(said.err);
        if (!found) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
      code.then((ended) => reject(new Error(`ended with ${ended} before ${wanted}: ${said.out}${said.err}`)), reject);
    });
  return { said, until, stop, code };
}

/** Runs a command to its end. */
export async function cli(argv: string[], env: Env = {}, cwd?: string) {
  const { said, code } = run(argv, env, cwd);
  return { code: await code, ...said };
}

/** `serve` on a port of its own, and its lines. */
export async function serve(flags: string[] = [], more: Env = {}) {
  const running = run(['serve', '--port', '0', '--drain-ms', '10', ...flags], { STREAM_SECRET: secret, ...more });
  const [, url = ''] = await running.until(/"event":"started","url":"([^"]+)"/);
  return {
    ...running,
    url,
    lines: (): Record<string, unknown>[] =>
      running.said.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      running.stop();
      assert.equal(await running.code, 0, running.said.err);
    },
  };
}
