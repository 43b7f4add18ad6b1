import { Latencies } from '../stream/latencies.ts';
import { Tally } from '../stream/tally.ts';
import type { Wire } from './messages.ts';

/** Bounds for what is known to the second, in seconds. */
const wholeSeconds = [1, 2, 5, 10, 30, 60, 300];

/** What a streaming server counts: plain numbers, read when somebody asks for the metrics. */
export class ServerMeter {
  readonly connections: Record<Wire, number> = { default: 0, gyroscope: 0 };
  readonly opened = new Tally<'wire'>('wire');
  readonly closed = new Tally<'reason'>('reason');
  /** Relays, connects and single events that were refused, by the code of the refusal. */
  readonly refused = new Tally<'what' | 'reason'>('what', 'reason');
  /** Events taken here: over relays of the default wire, of Gyroscope's, or from a table or a list. */
  readonly received = { relay: 0, gyroscope: 0, direct: 0 };
  /** Events to pages: one to three pages counts three. */
  sent = 0;
  /** From the stamp of a relay until it is acknowledged; stamps are whole seconds. */
  readonly relayAge = new Latencies(wholeSeconds);
  /** From the headers of a relay until it is acknowledged. */
  readonly relay = new Latencies();
  /** From the moment at which a server took an event until it is handed to the sockets of this server's pages. */
  readonly delivery = new Latencies();
  /** When the event came that the engine is being given right now, by `performance.now()`. */
  #taking: number | undefined;

  /** Gives the engine an event; what it delivers meanwhile was taken at this moment. */
  taking<T>(from: keyof ServerMeter['received'], append: () => T): T {
    this.received[from] += 1;
    this.#taking = performance.now();
    try {
      return append();
    } finally {
      this.#taking = undefined;
    }
  }

  /** @param takenAt Unix time in milliseconds, where another server, or this one a while ago, took the event */
  delivered(pages: number, takenAt: number | undefined): void {
    this.sent += pages;
    if (pages === 0) return;
    if (takenAt !== undefined) this.delivery.add(Date.now() - takenAt);
    else if (this.#taking !== undefined) this.delivery.add(performance.now() - this.#taking);
  }

  /** @param stamp Unix time in seconds @param begun by `performance.now()` */
  relayed(stamp: number, begun: number): void {
    this.relay.add(performance.now() - begun);
    this.relayAge.add(Date.now() - stamp * 1000);
  }
}
