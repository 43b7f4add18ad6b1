import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Actionlog } from 'express-actionlog';
import { createStreamServer, type StreamServerOptions } from '../../lib/server/index.ts';

/** The secret of the streaming servers here, and of sessions. */
export const secret = randomBytes(32).toString('hex');

/** What the app of each recipe exports, so that it can be stopped. */
export interface RecipeApp {
  server: Server;
  actionlog: Actionlog;
  /** Closes what else the app has opened. */
  end?: () => unknown;
}

/** Has what a test opens closed at its end, the last first. */
export type AtEnd = (close: () => unknown) => void;

export function atEndOf(t: TestContext): AtEnd {
  const closers: (() => unknown)[] = [];
  t.after(async () => {
    for (const close of closers.reverse()) await close();
  });
  return (close) => closers.push(close);
}

/** The variables by which an app finds a streaming server on its own, and the secret of its sessions. */
export async function startStream(atEnd: AtEnd, options: Partial<StreamServerOptions> = {}) {
  const server = createStreamServer({ secrets: [secret], ...options });
  const { port } = await server.listen();
  atEnd(() => server.close());
  const url = `http://127.0.0.1:${port}`;
  return { url, server, env: { STREAM_URL: url, STREAM_SECRET: secret, SESSION_SECRET: secret } };
}

/** Loads a recipe's app, which listens as it is loaded, with the environment that it reads. Ends with the test. */
export async function startRecipe<App extends RecipeApp>(
  atEnd: AtEnd,
  env: Record<string, string>,
  load: () => Promise<App>,
): Promise<App & { url: string }> {
  Object.assign(process.env, { NODE_ENV: 'test', PORT: '0', ...env });
  const app = await load();
  const { server, actionlog, end } = app;
  atEnd(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await actionlog.close();
    await end?.();
    await closed;
  });
  if (!server.listening) await once(server, 'listening');
  return { ...app, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A file of a recipe, such as `queue/schema.sql`. */
export const recipeFile = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
