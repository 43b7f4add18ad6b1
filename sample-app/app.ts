import { createActionlog, type StreamOptions, signedSession } from 'express-actionlog';
import { createStreamServer } from 'express-actionlog/server';
import type { Config } from './config.ts';
import { openDatabase } from './database.ts';
import { createApp } from './express-app.ts';
import { type Listener, listen, ownHost } from './web/listener.ts';

/** The running app. */
export interface Running {
  url: string;
  port: number;
  /** Lets requests under way finish, has what they did announced, then closes everything. May be called more than once. */
  stop(): Promise<void>;
}

/** Opens the database, the action log and the port. Where one of them fails, what is open already is closed again. */
export async function start(config: Config): Promise<Running> {
  const closers: (() => Promise<unknown>)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= closeAll(closers);
    return stopped;
  };
  try {
    const db = await openDatabase(config.database);
    closers.push(() => db.destroy());
    // The embedded streaming server is reached under this server's own address: its port must be known first.
    const listener = await listen(config.host, config.port);
    closers.push(() => listener.close());
    const stream = streamOf(config, listener, closers);

    const actionlog = createActionlog({
      database: config.database.actionlog,
      session: signedSession({ secrets: config.sessionSecrets, ...cookieRules(config) }),
      stream,
      signInUrl: '/sign-in',
      onError: (error, { stage }) => {
        // What keeps the store from opening is thrown by `ready()` below.
        if (stage !== 'open') console.error(`action log (${stage}):`, error);
      },
    });
    closers.push(() => actionlog.close());
    await actionlog.ready();

    listener.serve(createApp({ config, db, actionlog, streamUrl: stream.publicUrl ?? stream.url ?? '' }));
    closers.push(() => listener.drain());
    return { url: `http://${ownHost(config.host)}:${listener.port}`, port: listener.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How events get to the streaming server, which this process runs itself unless it is told of another. */
function streamOf(config: Config, listener: Listener, closers: (() => Promise<unknown>)[]): StreamOptions {
  if (config.stream.kind === 'separate') return config.stream.options;
  const { secrets, publicUrl = '/actionlog' } = config.stream;
  const server = createStreamServer({ secrets });
  closers.push(() => server.close());
  server.attach(listener.server, { path: '/actionlog' });
  return { url: `http://${ownHost(config.host)}:${listener.port}/actionlog`, secrets, publicUrl };
}

/** Without a proxy this app speaks plain http: a phone on the same network could not keep a cookie for https alone. */
function cookieRules({ production, trustProxy }: Config): { secure?: false } {
  return production || trustProxy !== false ? {} : { secure: false };
}

/** Last opened, first closed; one that fails does not keep the others open. */
async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'not everything closed in order');
}
