import { announcerMetrics } from '../stream/announcer-metrics.ts';
import type { Latencies } from '../stream/latencies.ts';
import type { MetricSource, Sample } from '../stream/metric-registry.ts';
import type { Engine } from './engine.ts';
import type { PageLinks } from './page-links.ts';
import type { Parts } from './parts.ts';
import type { Poller } from './poller.ts';
import type { ServerMeter } from './server-meter.ts';

const prefix = 'actionlog_server_';

/** What the metrics of a streaming server are read from. */
interface Measured extends Pick<Parts, 'meter' | 'engine' | 'seen' | 'unready' | 'options'> {
  links: Pick<PageLinks, 'queued'>;
  poller: Pick<Poller, 'announcer'> | undefined;
}

/** The metrics of one streaming server. */
export function serverMetrics({ meter, engine, seen, unready, options, links, poller }: Measured): MetricSource[] {
  return [
    gauge('ready', '1 while pages and relays are taken: what /readyz says', () => Number(unready() === undefined)),
    ...pageMetrics(meter, links),
    counter('events_received_total', 'Events taken by this server, by the way they came', () =>
      Object.entries(meter.received).map(([from, value]) => ({ labels: { from }, value })),
    ),
    counter('events_sent_total', 'Events handed to pages: one to three pages counts three', () => meter.sent),
    counter('refused_total', 'Relays, connects and single events that were refused, by the code of the refusal', () =>
      meter.refused.read(),
    ),
    histogram('relay_seconds', 'From the headers of a relay until it is acknowledged', meter.relay),
    histogram(
      'relay_age_seconds',
      'From the stamp of a relay until it is acknowledged; stamps are whole seconds, so it reads up to 1 s too much',
      meter.relayAge,
    ),
    histogram(
      'delivery_seconds',
      "From the moment at which a server took an event until it is handed to the sockets of this server's pages",
      meter.delivery,
    ),
    gauge('relays_remembered', 'Ids of relays that are remembered against repeats', () => seen.size),
    gauge('history_bytes', 'Bytes of events remembered in memory for pages that return, about', () => engine.bytes),
    gauge('history_limit_bytes', 'Most bytes of events that are remembered in memory', () =>
      engine.bytes === undefined ? undefined : options.history.maxTotalBytes,
    ),
    gauge('engine_ready', '1 while the engine takes events and begins pages', () => Number(engine.ready)),
    ...engineMetrics(engine),
    ...(poller ? announcerMetrics(`${prefix}poll_`, poller.announcer) : []),
  ];
}

function pageMetrics(meter: ServerMeter, links: Measured['links']): MetricSource[] {
  return [
    gauge('connections', 'Pages that are connected to this server', () =>
      Object.entries(meter.connections).map(([wire, value]) => ({ labels: { wire }, value })),
    ),
    counter('connections_opened_total', 'Pages that have connected', () => meter.opened.read()),
    counter('connections_closed_total', 'Pages whose connection has ended, by the name of the close code', () =>
      meter.closed.read(),
    ),
    gauge('queue_bytes', 'Bytes that wait for pages to read them, of all pages', () => links.queued().sum),
    gauge('queue_largest_bytes', 'Bytes that wait for the slowest page', () => links.queued().largest),
  ];
}

/** What an engine tells of itself: its numbers, under their own names. */
function engineMetrics(engine: Engine): MetricSource[] {
  const now = new Set(['tenants']);
  return Object.keys(engine.stats ?? {}).map((key): MetricSource => {
    const read = () => Number((engine.stats as Record<string, unknown> | undefined)?.[key] ?? 0);
    const name = `engine_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const help = `The engine's own figure "${key}"`;
    return now.has(key) ? gauge(name, help, read) : counter(`${name}_total`, help, read);
  });
}

type Read = () => number | undefined | Sample[];

function gauge(name: string, help: string, read: Read): MetricSource {
  return { type: 'gauge', name: prefix + name, help, read };
}

function counter(name: string, help: string, read: Read): MetricSource {
  return { type: 'counter', name: prefix + name, help, read };
}

function histogram(name: string, help: string, latencies: Latencies): MetricSource {
  return { type: 'histogram', name: prefix + name, help, read: () => latencies };
}
