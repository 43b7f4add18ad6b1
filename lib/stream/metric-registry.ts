import type { Metric, Registry } from 'prom-client';
import type { Latencies } from './latencies.ts';

/** One value of a metric. */
export interface Sample {
  value: number;
  labels?: Record<string, string> | undefined;
  /** Where it is not the metric's own: a histogram has three. */
  metricName?: string | undefined;
}

/** A metric whose value is read when it is asked for. */
export type MetricSource = { name: string; help: string } & (
  | { type: 'counter' | 'gauge'; read(): number | undefined | Sample[] }
  | { type: 'histogram'; read(): Latencies }
);

/**
 * A registry of its own for these metrics, never prom-client's global one. prom-client is loaded here and not before: who
 * asks for no metrics does not wait for it.
 *
 * @param labels of every value
 */
export async function metricRegistry(
  sources: readonly MetricSource[],
  labels: Record<string, string> = {},
): Promise<Registry> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const source of sources) registry.registerMetric(new ReadMetric(source, labels) as unknown as Metric);
  return registry;
}

/** What a registry asks of a metric: no more than its values, at the time at which it is asked. */
class ReadMetric {
  name: string;
  readonly help: string;
  readonly type: MetricSource['type'];
  readonly aggregator = 'sum';
  readonly #source: MetricSource;
  readonly #labels: Record<string, string>;

  constructor(source: MetricSource, labels: Record<string, string>) {
    this.name = source.name;
    this.help = source.help;
    this.type = source.type;
    this.#source = source;
    this.#labels = labels;
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const values = samplesOf(this.#source).map((sample) => ({
      ...sample,
      labels: { ...this.#labels, ...sample.labels },
    }));
    return { name, help, type, aggregator, values };
  }

  /** Nothing: the counts belong to what is measured. */
  reset(): void {}
}

function samplesOf(source: MetricSource): Sample[] {
  if (source.type !== 'histogram') {
    const value = source.read();
    if (Array.isArray(value)) return value;
    return value === undefined ? [] : [{ value }];
  }
  const latencies = source.read();
  const { cumulative, count, sum } = latencies.read();
  const { name } = source;
  return [
    ...[...latencies.bounds.map(String), '+Inf'].map((le, index) => ({
      value: cumulative[index] ?? 0,
      labels: { le },
      metricName: `${name}_bucket`,
    })),
    { value: sum, metricName: `${name}_sum` },
    { value: count, metricName: `${name}_count` },
  ];
}
