import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A child process of the fault suite: it says its port in its first line that has an address. */
export interface Child extends AsyncDisposable {
  port: number;
  process: ChildProcess;
  /** Resolves with the signal that ended it, or null. */
  ended: Promise<NodeJS.Signals | null>;
  /** Sends a message, and resolves once it was answered. */
  tell(message: object): Promise<void>;
  /** kill -9, and its end. */
  kill(): Promise<void>;
}

const preload = fileURLToPath(new URL('child.ts', import.meta.url));

/** Starts a script of this repository; `shell` is a line of bash before it, whose `exec` it becomes. */
export async function startChild(
  script: string,
  args: string[],
  env: Record<string, string>,
  shell?: string,
): Promise<Child> {
  const file = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  const command = [process.execPath, '--import', 'tsx', '--import', preload, file, ...args];
  const [program = '', ...rest] = shell ? ['bash', '-c', `${shell}; exec "$@"`, 'bash', ...command] : command;
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const said: string[] = [];
  child.stderr?.on('data', (text: Buffer) => said.push(text.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    if (child.stdout) {
      createInterface(child.stdout).on('line', (line) => {
        const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (address) resolve(Number(address[1]));
      });
    }
    ended.then(() => reject(new Error(`${script} did not start:\n${said.join('').slice(-2000)}`)), reject);
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    ...{ port, process: child, ended, kill },
    async tell(message) {
      child.send(message);
      await once(child, 'message');
    },
    [Symbol.asyncDispose]: kill,
  };
}

/**
 * A port below those that the kernel gives to connections, so that nobody takes it while its server is dead and is to
 * come back on it.
 */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
