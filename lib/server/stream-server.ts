import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Registry } from 'prom-client';
import { ActionlogError, guardedOnError } from '../errors.ts';
import type { AnnouncerStats } from '../stream/announcer.ts';
import { StreamKeys } from '../stream/keys.ts';
import { metricRegistry } from '../stream/metric-registry.ts';
import type { ActionTaker } from './action-taker.ts';
import { Admission } from './admission.ts';
import { attachTo } from './attach.ts';
import { attachOptions, closeOptions, listenOptions } from './call-options.ts';
import { MemoryEngine } from './engine.ts';
import { destroyOnError, keepOnError } from './gentle-end.ts';
import { refusedEvent } from './http-answers.ts';
import { Hub } from './hub.ts';
import type { AppServer } from './intercept.ts';
import { Operations } from './operations.ts';
import { listenOn, ownListener } from './own-listener.ts';
import type { Page } from './page.ts';
import { PageLinks } from './page-links.ts';
import { pageSink } from './page-sink.ts';
import type { Parts, Upgrade } from './parts.ts';
import { Poller } from './poller.ts';
import { RecentRevocations } from './recent-revocations.ts';
import { BytesUnderWay } from './relay-body.ts';
import { Roster } from './roster.ts';
import { SeenRelays } from './seen-relays.ts';
import { ServerLog } from './server-log.ts';
import { ServerMeter } from './server-meter.ts';
import { serverMetrics } from './server-metrics.ts';
import {
  type CheckedStreamServerOptions,
  checkStreamServerOptions,
  type ListenAddress,
  type StreamServerOptions,
} from './stream-server-options.ts';
import { makeAccept, takeUpgrade } from './upgrades.ts';
import { Warnings } from './warnings.ts';

/** Most relay ids that are remembered: some 8,000 relays a second, for the minute that a stamp is good for. */
const maxSeenRelays = 500_000;

/** A streaming server: what `createStreamServer` gives. */
export interface StreamServer {
  /** How many pages are connected and greeted, or about to be. */
  readonly connections: number;
  /** With the option `poll`: how announcing goes, and how far it is behind. */
  readonly announcer: { readonly stats: AnnouncerStats } | undefined;
  /**
   * Whether pages and relays are taken at the moment, as `/readyz` says: not while closing, while the engine's Redis is
   * away, or with `poll` while its database is.
   */
  readonly ready: boolean;
  /** Where health and metrics are served, with the option `operations`; undefined before that port is open. */
  readonly operations: ListenAddress | undefined;
  /**
   * The metrics, as a registry of prom-client's of its own: `registry.metrics()` gives the text, `registry.contentType`
   * its type, and `Registry.merge()` joins it to another one. Values are read when they are asked for.
   */
  metrics(): Promise<Registry>;
  /**
   * Listens on a port of its own; port 0, the default, is any that is free. Resolves with the address. Rejects with the
   * system's error where the port is taken, an ActionlogError `closed` after `close()`, a TypeError over a wrong option.
   */
  listen(address?: { port?: number | undefined; host?: string | undefined }): Promise<ListenAddress>;
  /**
   * Takes relays and pages on a path of an application's server, `/actionlog` by default, and leaves it everything else.
   * To be called once the server's own listeners are set. `close()` detaches, and does not close that server.
   *
   * @throws ActionlogError `closed` after `close()`; TypeError where it is no server, or an option is wrong
   */
  attach(server: AppServer, options?: { path?: string | undefined }): void;
  /**
   * Takes nothing more, and tells the pages batch by batch when to come back, for at most `drainMs`; waits for their
   * answers and for relays under way, at most `timeoutMs` (2,000); then ends what is left. May be called more than once.
   * Rejects with a TypeError over a wrong option, and then closes nothing.
   */
  close(options?: { timeoutMs?: number | undefined }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a streaming server, which takes events from application servers and sends each to the pages of its tenant.
 * It does nothing before `listen()` or `attach()`; whoever makes it closes it.
 *
 * @throws TypeError where an option is wrong
 */
export function createStreamServer(options: StreamServerOptions): StreamServer {
  return new WsStreamServer(checkStreamServerOptions(options));
}

class WsStreamServer implements StreamServer {
  readonly #parts: Parts;
  readonly #links: PageLinks;
  readonly #poller: Poller | undefined;
  readonly #taker: ActionTaker | undefined;
  readonly #operations: Operations | undefined;
  readonly #detach: (() => void)[] = [];
  /** The sockets of the server's own port, and those of upgrades that it has taken elsewhere, but for those of pages. */
  readonly #sockets = new Set<Duplex>();
  /** One listener for all sockets, since thousands lie idle. */
  readonly #forget: (this: Duplex) => void;
  /** Likewise: one of each upgrade's own would keep its request, with all headers, as long as the page is there. */
  readonly #refused = (code: string): void => {
    this.#parts.meter.refused.add('connect', code);
    this.#parts.warnings.refused('connect', code, `a page was refused: ${code}`);
  };
  #own: Server | undefined;
  #closing = false;
  #closed: Promise<void> | undefined;
  #metrics: Promise<Registry> | undefined;

  constructor(options: CheckedStreamServerOptions) {
    const logger = new ServerLog(options.logger);
    const meter = new ServerMeter();
    const sockets = this.#sockets;
    this.#forget = function () {
      sockets.delete(this);
    };
    const report = guardedOnError(options.onError ?? ((error, { stage }) => logger.failure(error, stage)));
    const onError = (error: unknown) => report(error, { stage: 'server' });
    const isClosing = () => this.#closing;
    const hub = new Hub<Page>(onError);
    const roster = new Roster<Page>();
    const engine = options.engine ?? new MemoryEngine(options.history);
    this.#links = new PageLinks({
      max: options.maxConnections,
      heartbeatMs: options.heartbeatMs,
      maxAgeMs: options.maxConnectionAgeMs,
      maxBufferedBytes: options.maxBufferedBytes,
      drainMs: options.drainMs,
      returnWithinMs: options.returnWithinMs,
      onError,
    });
    this.#parts = {
      options,
      keys: options.secrets && new StreamKeys(options.secrets),
      hub,
      roster,
      admission: new Admission(options, roster),
      revocations: new RecentRevocations(options.gyroscope),
      engine,
      seen: new SeenRelays({
        toleranceMs: options.toleranceMs,
        max: maxSeenRelays,
        knowsEarlier: engine.remembersRelays,
      }),
      underWay: new BytesUnderWay(options.maxRelayBytesUnderWay),
      logger,
      meter,
      warnings: new Warnings(logger),
      onError,
      isClosing,
      unready: () => {
        if (this.#closing) return 'shutting down';
        return engine.ready ? this.#poller?.unready : 'engine away';
      },
      publish: (event, given, relay) => {
        const from = relay ? 'relay' : given ? 'gyroscope' : 'direct';
        const taken = meter.taking(from, () => engine.append(event, given, relay));
        return taken instanceof Promise ? taken.then(() => undefined) : undefined;
      },
      accept: makeAccept(this.#links, isClosing, (socket) => this.#release(socket)),
    };
    engine.start({
      sink: pageSink(this.#parts),
      history: options.history,
      toleranceMs: options.toleranceMs,
      revokedMs: this.#parts.revocations.memoryMs,
    });
    this.#taker = options.actions?.open(this.#parts);
    this.#poller = options.poll && new Poller(options.poll, this.#parts, report);
    const { unready } = this.#parts;
    this.#operations =
      options.operations && new Operations(options.operations, { unready, onError, metrics: () => this.metrics() });
  }

  get announcer(): { readonly stats: AnnouncerStats } | undefined {
    return this.#poller && { stats: this.#poller.stats };
  }

  get connections(): number {
    return this.#parts.hub.size;
  }

  get ready(): boolean {
    return this.#parts.unready() === undefined;
  }

  get operations(): ListenAddress | undefined {
    return this.#operations?.address;
  }

  metrics(): Promise<Registry> {
    const measured = { ...this.#parts, links: this.#links, poller: this.#poller };
    this.#metrics ??= metricRegistry(serverMetrics(measured), { node: this.#parts.options.node });
    return this.#metrics;
  }

  async listen(given?: { port?: number | undefined; host?: string | undefined }) {
    const wanted = listenOptions(given);
    this.#refuseIfClosed();
    if (this.#own) throw new TypeError('listen: this streaming server listens already');
    const server = ownListener(this.#parts, (upgrade) => this.#take(upgrade));
    server.on('connection', (socket) => this.#follow(socket));
    this.#own = server;
    await this.#operations?.open().catch((error) => {
      this.#own = undefined;
      throw error;
    });
    const address = await listenOn(server, wanted).catch((error) => {
      this.#own = undefined;
      throw error;
    });
    if (!this.#closing) {
      this.#poller?.start();
      this.#taker?.start();
      return address;
    }
    server.close();
    throw new ActionlogError('closed', 'the streaming server was closed while it began to listen');
  }

  attach(server: AppServer, given?: { path?: string | undefined }): void {
    const { path } = attachOptions(given);
    this.#refuseIfClosed();
    if (!(server instanceof NetServer)) {
      const given = typeof server === 'function' ? 'a function: is it the Express app?' : `type ${typeof server}`;
      throw new TypeError(`attach: expected an http server, such as app.listen(3000) gives, got ${given}`);
    }
    this.#detach.push(attachTo(server, path, this.#parts, (upgrade) => this.#take(upgrade)));
    this.#poller?.start();
    this.#taker?.start();
    this.#operations?.open().catch(this.#parts.onError);
  }

  async close(given?: { timeoutMs?: number | undefined }): Promise<void> {
    const { timeoutMs } = closeOptions(given);
    this.#closed ??= this.#close(timeoutMs);
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    for (const detach of this.#detach) detach();
    await this.#poller?.close(timeoutMs); // first: another one may take over before the pages come back
    await this.#taker?.close();
    const own = this.#own;
    const unbound = own && new Promise((resolve) => own.close(resolve));
    await this.#links.drain();
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, timeoutMs);
    await this.#links.close(timeoutMs);
    await unbound;
    await this.#allClosed();
    clearTimeout(late);
    await this.#parts.engine.close();
    await this.#operations?.close();
  }

  async #allClosed(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  #take(upgrade: Upgrade): void {
    destroyOnError(upgrade.socket);
    this.#follow(upgrade.socket);
    upgrade.socket.once(refusedEvent, this.#refused);
    takeUpgrade(upgrade, this.#parts).catch((error) => {
      this.#parts.onError(error);
      upgrade.socket.destroy();
    });
  }

  #follow(socket: Duplex): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.on('close', this.#forget);
  }

  /** Leaves a socket to the web socket that it has become, which minds its errors and its end. */
  #release(socket: Duplex): void {
    this.#sockets.delete(socket);
    socket.off('close', this.#forget);
    socket.off(refusedEvent, this.#refused);
    keepOnError(socket);
  }

  #refuseIfClosed(): void {
    if (this.#closing) throw new ActionlogError('closed', 'the streaming server is closed');
  }
}
