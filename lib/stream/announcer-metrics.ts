import type { Announcer, AnnouncerStats } from './announcer.ts';
import type { MetricSource } from './metric-registry.ts';

const roles = ['holder', 'standby', 'off'] as const;

/** How announcing goes, as metrics. @param prefix begins their names */
export function announcerMetrics(prefix: string, announcer: Pick<Announcer, 'stats' | 'undelivered'>): MetricSource[] {
  const number = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    of: (stats: AnnouncerStats) => number | undefined,
  ): MetricSource => ({ type, name: `${prefix}${name}`, help, read: () => of(announcer.stats) });
  return [
    number('counter', 'events_sent_total', 'Events acknowledged, those of the sweep included', ({ sent }) => sent),
    {
      type: 'counter',
      name: `${prefix}events_undelivered_total`,
      help: 'Events that were not delivered: deferred to the sweep, or failed for good; by the code of docs/errors.md',
      read: () => announcer.undelivered.read(),
    },
    number(
      'gauge',
      'retrying_events',
      'Events that wait in memory to be tried again',
      (stats) => stats.retrying.events,
    ),
    number('gauge', 'retrying_bytes', 'Bytes that wait in memory to be tried again', (stats) => stats.retrying.bytes),
    number('gauge', 'relay_paused', '1 while relaying pauses: the streaming server failed repeatedly', (stats) =>
      Number(stats.paused),
    ),
    number('counter', 'entries_marked_total', 'Announced entries that were marked', ({ marked }) => marked),
    number(
      'counter',
      'entries_unmarked_total',
      'Announced entries that could not be marked, and will be announced again',
      ({ unmarked }) => unmarked,
    ),
    {
      type: 'gauge',
      name: `${prefix}sweep_role`,
      help: '1 for the role of this process: holder of the lease, standby, or off',
      read: () => roles.map((role) => ({ labels: { role }, value: Number(announcer.stats.role === role) })),
    },
    number('gauge', 'sweep_failing', '1 where the last look at the table failed, or does not end', (stats) =>
      Number(stats.failing !== undefined),
    ),
    number(
      'gauge',
      'sweep_lag_seconds',
      'Age of the oldest entry that waited at the last look; only where this process holds the lease',
      ({ lagMs }) => (lagMs === undefined ? undefined : lagMs / 1000),
    ),
    number('counter', 'entries_swept_total', 'Entries that the sweep has announced', ({ swept }) => swept),
    number('counter', 'entries_expired_total', 'Entries too old to be announced', ({ expired }) => expired),
  ];
}
