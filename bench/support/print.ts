import { environmentText, majorOf } from './environment.ts';
import type { Results } from './findings.ts';
import { boundText, isMet, type TargetId } from './targets.ts';

/** A number with as many digits as are worth reading. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '—';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toLocaleString('en', {
    maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2,
  });
}

/** `3.61 (3.40–3.95)` */
export function spreadText({ median, min, max }: { median: number; min: number; max: number }): string {
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;
}

/** Prints rows in columns as wide as they need. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map((row) => `  ${lineOf(row)}`).join('\n');
}

/** What a benchmark has found, for a terminal. */
export function resultsText(results: Results): string {
  const { bench, title, quick, environment, options, figures, ratios, values, arrivals, notes } = results;
  const major = majorOf(environment);
  const verdict = (median: number, target: TargetId | undefined) =>
    target === undefined ? '' : `${boundText(target, major)}  ${isMet(target, major, median) ? 'ok' : 'MISSED'}`;
  const parts = [`\n${bench}: ${title}${quick ? ' (quick: no figure to rely on)' : ''}`, environmentText(environment)];
  for (const [of, given] of Object.entries(options)) parts.push(`options of ${of}: ${JSON.stringify(given)}`);
  const metrics = [...new Set(figures.map(({ metric }) => metric))].filter((metric) => metric !== 'calls');
  if (figures.length > 0) {
    const keys = [...new Set(figures.map(({ setting, variant }) => `${setting}\n${variant}`))];
    const rows = keys.map((key) => [
      ...key.split('\n'),
      ...metrics.map((metric) => {
        const found = figures.find((one) => one.metric === metric && `${one.setting}\n${one.variant}` === key);
        return found ? spreadText(found) : '';
      }),
    ]);
    parts.push(table(['', 'variant', ...metrics], rows));
  }
  if (ratios.length > 0) {
    const rows = ratios.map((ratio) => [
      ...[ratio.setting, ratio.metric, `${ratio.of} / ${ratio.against}`],
      ...[`${spreadText(ratio)} x`, verdict(ratio.median, ratio.target)],
    ]);
    parts.push(table(['', 'metric', 'ratio', 'median (min–max)', 'target'], rows));
  }
  if (values.length > 0) {
    const rows = values.map((one) => [one.what, `${spreadText(one)} ${one.unit}`, verdict(one.median, one.target)]);
    parts.push(table(['', 'median (min–max)', 'target'], rows));
  }
  for (const { what, expected, got } of arrivals) {
    parts.push(
      expected === got
        ? `  ${what}: all ${expected.toLocaleString('en')} arrived`
        : `  FAILED: ${what}: ${got.toLocaleString('en')} arrived of ${expected.toLocaleString('en')}`,
    );
  }
  parts.push(...notes.map((note) => `  ${note}`));
  return parts.join('\n');
}
