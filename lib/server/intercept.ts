import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';

/** An http or https server of the application's. */
export type AppServer = Server | TlsServer;

type Listener = (...args: unknown[]) => void;
/** Takes what is its own, and says whether it did. */
type Take<Args extends unknown[]> = (...args: Args) => boolean;

interface Interception<Args extends unknown[]> {
  takers: Set<Take<Args>>;
  remove(): void;
}

/** Puts takers before the listeners of one event, on any number of servers; the listeners get what no taker takes. */
export class Interceptor<Args extends unknown[]> {
  readonly #event: string;
  readonly #untaken: ((...args: Args) => void) | undefined;
  readonly #servers = new WeakMap<AppServer, Interception<Args>>();

  /** @param untaken called with what nobody takes, where the server has no listener of its own */
  constructor(event: string, untaken?: (...args: Args) => void) {
    this.#event = event;
    this.#untaken = untaken;
  }

  /** Adds a taker. Returns what removes it; with the last one the server's listeners are as they were. */
  add(server: AppServer, take: Take<Args>): () => void {
    const interception = this.#servers.get(server) ?? this.#install(server);
    interception.takers.add(take);
    return () => {
      interception.takers.delete(take);
      if (interception.takers.size === 0) interception.remove();
    };
  }

  #install(server: AppServer): Interception<Args> {
    const event = this.#event;
    const takers = new Set<Take<Args>>();
    const before = server.rawListeners(event) as Listener[];
    const first = (...args: unknown[]) => {
      for (const take of takers) if (take(...(args as Args))) return;
      for (const listener of before) listener.apply(server, args);
      if (before.length === 0 && server.listenerCount(event) === 1) this.#untaken?.(...(args as Args));
    };
    server.removeAllListeners(event);
    server.on(event, first);
    const remove = () => {
      this.#servers.delete(server);
      const now = server.rawListeners(event) as Listener[];
      server.removeAllListeners(event);
      for (const listener of now.flatMap((one) => (one === first ? before : [one]))) server.on(event, listener);
    };
    const interception = { takers, remove };
    this.#servers.set(server, interception);
    return interception;
  }
}
