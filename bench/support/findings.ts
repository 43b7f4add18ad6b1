import type { Chart } from './chart.ts';
import type { Environment } from './environment.ts';
import { type Rounds, ratioOf, type Spread, seriesOf, spreadOf } from './rounds.ts';
import type { TargetId } from './targets.ts';

/** One metric of one variant under one setting. */
export interface Figure extends Spread {
  setting: string;
  variant: string;
  metric: string;
}

/** Two variants compared in one metric: the spread of the rounds' ratios. */
export interface Ratio extends Spread {
  setting: string;
  metric: string;
  of: string;
  against: string;
  target?: TargetId | undefined;
}

/** A figure that is compared with nothing, such as a count of sockets. */
export interface Value extends Spread {
  what: string;
  unit: string;
  target?: TargetId | undefined;
}

/** Whether all arrived that was sent. */
export interface Arrival {
  what: string;
  expected: number;
  got: number;
}

/** What a benchmark has found, as its results file has it. */
export interface Results {
  bench: string;
  title: string;
  quick: boolean;
  environment: Environment;
  /** By the name of what takes them; without secrets. */
  options: Record<string, unknown>;
  figures: Figure[];
  ratios: Ratio[];
  values: Value[];
  arrivals: Arrival[];
  charts: Chart[];
  notes: string[];
}

/** Takes what a benchmark finds. */
export class Findings {
  readonly results: Omit<Results, 'environment'>;

  constructor(bench: string, title: string, quick: boolean) {
    const lists = { figures: [], ratios: [], values: [], arrivals: [], charts: [], notes: [] };
    this.results = { bench, title, quick, options: {}, ...lists };
  }

  /** Says with which options something ran; `{}`, or what is left out, is as shipped. Secrets are not shown. */
  options(of: string, options: object): void {
    const text = JSON.stringify(options, (key, value) => (/secret|password|key$/i.test(key) ? '(not shown)' : value));
    this.results.options[of] = JSON.parse(text);
  }

  /** Keeps the figures of all variants; `context.alternate()` has done it. */
  figures({ setting, measured }: Rounds): void {
    for (const [variant, rounds] of measured) {
      for (const metric of Object.keys(rounds[0] ?? {})) {
        const spread = spreadOf(seriesOf({ setting, measured }, variant, metric));
        this.results.figures.push({ setting, variant, metric, ...spread });
      }
    }
  }

  /** Compares two variants in a metric, and with a target where there is one. Returns the spread of the ratios. */
  ratio(rounds: Rounds, metric: string, of: string, against: string, target?: TargetId): Spread {
    const spread = ratioOf(rounds, metric, of, against);
    this.results.ratios.push({ setting: rounds.setting, metric, of, against, ...spread, target });
    return spread;
  }

  /** Keeps a figure that is compared with nothing; several values are of several rounds. */
  value(what: string, unit: string, values: number | readonly number[], target?: TargetId): Spread {
    const spread = spreadOf(typeof values === 'number' ? [values] : values);
    this.results.values.push({ what, unit, ...spread, target });
    return spread;
  }

  /** Says what was sent and what arrived. Where they differ, the benchmark has failed. */
  arrived(what: string, expected: number, got: number): void {
    this.results.arrivals.push({ what, expected, got });
  }

  /** Draws a chart into `docs/charts/<name>-node<major>.svg`. */
  chart(chart: Chart): void {
    this.results.charts.push(chart);
  }

  /** A chart of one metric: a group of bars for each setting, a bar for each variant. */
  bars(name: string, title: string, unit: string, metric: string, settings: readonly Rounds[]): void {
    const variants = [...(settings[0]?.measured.keys() ?? [])];
    this.chart({
      ...{ name, title, unit, kind: 'bars' },
      x: settings.map(({ setting }) => setting),
      series: variants.map((variant) => ({
        name: variant,
        values: settings.map((rounds) => spreadOf(seriesOf(rounds, variant, metric)).median),
      })),
    });
  }

  /** A line for the reader, printed with the tables and kept with the results. */
  note(text: string): void {
    this.results.notes.push(text);
  }

  /** What has not arrived, or has arrived that was not sent. */
  get failures(): Arrival[] {
    return this.results.arrivals.filter(({ expected, got }) => expected !== got);
  }
}
