/** Takes events from another process, and counts them. */
export interface RelayTaker {
  port: number;
  /** How many events have arrived, each parsed. */
  readonly taken: number;
  close(): Promise<void>;
}

/** Hands events to a {@link RelayTaker} in another process. */
export interface RelayCaller {
  /** Hands one event over, as JSON text. Resolves once this way of relaying is through with it. */
  send(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Counts the events of a taker; throws where one is no event. */
export class EventCount {
  #taken = 0;

  get taken(): number {
    return this.#taken;
  }

  take(text: string): void {
    const event: unknown = JSON.parse(text);
    if ((event as { type?: unknown } | null)?.type !== 'update') throw new Error(`no event: ${text.slice(0, 80)}`);
    this.#taken += 1;
  }
}

/** The port of a server that listens. */
export function portOf(server: { address(): unknown }): number {
  const address = server.address() as { port?: unknown } | null;
  if (typeof address?.port !== 'number') throw new Error('the server does not listen on a port');
  return address.port;
}
