import type { Child, ChildOptions } from './child.ts';
import type { Database } from './database.ts';
import type { Findings } from './findings.ts';
import type { Rounds, Variants } from './rounds.ts';

/** One benchmark: `bench/<name>.ts` exports it as `bench`. */
export interface Bench {
  /** As the command line and the file names of its results and charts have it. */
  name: string;
  /** One line: what is compared with what. */
  title: string;
  /** A run that takes longer is ended and has failed: minutes of the full form and of the quick one. */
  limitMinutes: { full: number; quick: number };
  /** Measures, and tells the findings. Children and databases of the context are closed after it. */
  run(context: Context): Promise<void>;
}

/** What a benchmark has at hand. */
export interface Context {
  /** `--quick`: shows that it works, and no figure to rely on. */
  readonly quick: boolean;
  /** `--minutes`: how long a benchmark is to take that can take any time; undefined where nobody said. */
  readonly minutes: number | undefined;
  /** How long one round of one variant is to take, in milliseconds. */
  readonly roundMs: number;
  readonly findings: Findings;
  /** A secret for relays, pages and sessions, of this run alone. */
  readonly secret: string;
  /** Prints a line of progress. */
  say(text: string): void;
  /** A new, migrated database on the run's MariaDB. */
  database(): Promise<Database>;
  /** The run's Redis, by TCP: `redis://127.0.0.1:<port>`. */
  redis(): Promise<string>;
  /** Starts a module in a process of its own; it has called `serve()` there. */
  child<Api>(module: URL, options?: ChildOptions): Promise<Child<Api>>;
  /**
   * Runs the variants in turns, A B C, B C A, C A B …, after one round each to warm up. Their figures are among the
   * findings; ratios are asked for with `findings.ratio()`.
   *
   * @param setting what all variants have in common, such as `c=64`
   */
  alternate(setting: string, variants: Variants, options?: { rounds?: number; warmUps?: number }): Promise<Rounds>;
}
