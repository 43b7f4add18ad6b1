import type { Announcer } from './stream/announcer.ts';
import { announcerMetrics } from './stream/announcer-metrics.ts';
import type { MetricSource } from './stream/metric-registry.ts';
import type { WriteMeter } from './write-meter.ts';

/** The metrics of an action log. */
export function actionlogMetrics(writes: WriteMeter, announcer: Announcer): MetricSource[] {
  return [
    {
      type: 'histogram',
      name: 'actionlog_write_seconds',
      help: 'Entries written: from the call until the row is durable, or written on the connection given',
      read: () => writes.written,
    },
    {
      type: 'counter',
      name: 'actionlog_writes_failed_total',
      help: 'Entries that could not be written, by the code of docs/errors.md',
      read: () => writes.failed.read(),
    },
    ...announcerMetrics('actionlog_', announcer),
  ];
}
