/** The parts of a local hour, as PHP's `date` letters give them. */
interface LocalHour {
  year: string;
  /** Without leading zero (PHP `n`). */
  month: string;
  /** Without leading zero (PHP `j`). */
  day: string;
  /** Two digits, 24-hour (PHP `H`). */
  hour: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localHour(ms: number, timeZone: string): LocalHour {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(ms).map((part) => [part.type, part.value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour').padStart(2, '0') };
}

/** The hour in the streaming keys: PHP `Y-n-j-H`, such as `2026-3-5-09`. */
export function streamHour(ms: number, timeZone: string): string {
  const { year, month, day, hour } = localHour(ms, timeZone);
  return `${year}-${month}-${day}-${hour}`;
}

/** The hour in the session's salt: PHP `Y-m-j-H`, such as `2026-03-5-09`; its month has a leading zero. */
export function sessionHour(ms: number, timeZone: string): string {
  const { year, month, day, hour } = localHour(ms, timeZone);
  return `${year}-${month.padStart(2, '0')}-${day}-${hour}`;
}

/** One hour in milliseconds: keys of the hour before are taken too. */
export const hourMs = 3_600_000;
