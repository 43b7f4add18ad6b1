/** How times are told: in one time zone, in the words of one locale. All times are Unix time in milliseconds. */
export class Days {
  readonly #day: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #parts: Intl.DateTimeFormat;

  constructor(locale: string, timeZone: string | undefined) {
    const zone = timeZone === undefined ? {} : { timeZone };
    this.#day = new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'full' });
    this.#time = new Intl.DateTimeFormat(locale, { ...zone, timeStyle: 'short' });
    this.#full = new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'medium', timeStyle: 'long' });
    this.#parts = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      ...{ ...zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    });
  }

  /** The day as people say it. */
  name(time: number): string {
    return this.#day.format(time);
  }

  time(time: number): string {
    return this.#time.format(time);
  }

  /** Day, time and zone. */
  full(time: number): string {
    return this.#full.format(time);
  }

  /** The day as `2026-05-03`. */
  dateOf(time: number): string {
    return new Date(this.#wallClock(time)).toISOString().slice(0, 10);
  }

  /** When a day begins: its first moment, also where the clocks change at midnight. */
  startOf(date: string): number {
    const midnight = Date.parse(`${date}T00:00:00Z`);
    const dayMs = 86_400_000;
    const around = [midnight - dayMs, midnight + dayMs].map((time) => midnight - (this.#wallClock(time) - time));
    const [first = midnight, last = midnight] = around.sort((a, b) => a - b);
    return this.dateOf(first) === date ? first : last;
  }

  /** What the clocks on the wall show, as if it were UTC. */
  #wallClock(time: number): number {
    const parts = new Map(this.#parts.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 1, day = 1] = (['year', 'month', 'day'] as const).map((type) => parts.get(type));
    const [hour = 0, minute = 0, second = 0] = (['hour', 'minute', 'second'] as const).map((type) => parts.get(type));
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }
}

/** The day after, as `2026-05-04`. */
export function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** Whether a text is a date that the calendar has, such as `2026-05-03`. */
export function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return time >= 0 && new Date(time).toISOString().startsWith(text);
}
