import type { Row } from './database.ts';
import type { FaultPage } from './page.ts';
import type { Written } from './writer.ts';

/** One line of the table. */
export interface Line {
  scenario: string;
  /** Entries in the table. */
  committed: number;
  /** Entries that were marked as too old, and announced to nobody. */
  expired: number;
  /** Page and entry: how many sightings there had to be, and how many there were. */
  expected: number;
  delivered: number;
  /** Of those: first seen by the web socket, and through `/entries`. */
  live: number;
  entries: number;
  /** Came again over a wire, and was dropped by the page's client. */
  repeats: number;
  'rolled back': number;
  /** Events of what is not in the table. */
  'not committed': number;
  /** Events of another tenant than the page's. */
  foreign: number;
  /** Acknowledged to the user, and not in the table. */
  lost: number;
  /** Still `wssdone=0` at the end. */
  unmarked: number;
  /** Committed before a page asked `/entries`, and yet not seen by it when that was answered. */
  'left to the sweep': number;
  /** Announced by the sweep. */
  swept: number;
}

/** Compares what stands in the table with what the pages saw, and with what the users were told. */
export function reconcile(
  scenario: string,
  rows: readonly Row[],
  pages: readonly FaultPage[],
  written: readonly Written[],
  swept: number,
): Line {
  const rowOf = new Map(rows.map((row) => [row.recid, row]));
  const mine = ({ gsid }: FaultPage) => rows.filter((row) => row.gsid === gsid && !row.expired);
  const seen = pages.flatMap((page) => mine(page).flatMap(({ recid }) => page.seen.get(recid) ?? []));
  const raw = pages.flatMap((page) => page.raw.map(({ event }) => ({ page, event, row: rowOf.get(event.recid) })));
  const isOf = ({ event, row }: (typeof raw)[number]) =>
    row !== undefined && (event.alogid === undefined || event.alogid === row.alogid);
  const leftToSweep = pages.flatMap((page) =>
    page.caughtUp.flatMap(({ askedAt, at }) =>
      written.filter(({ recid, gsid, outcome, at: writtenAt }) => {
        if (gsid !== page.gsid || outcome !== 'acknowledged' || writtenAt >= askedAt) return false;
        return (page.seen.get(recid)?.at ?? Number.POSITIVE_INFINITY) > at;
      }),
    ),
  );
  const count = (outcome: Written['outcome']) => written.filter((one) => one.outcome === outcome);
  return {
    scenario,
    committed: rows.length,
    expired: rows.filter(({ expired }) => expired).length,
    expected: pages.reduce((sum, page) => sum + mine(page).length, 0),
    delivered: seen.length,
    live: seen.filter(({ way }) => way === 'socket').length,
    entries: seen.filter(({ way }) => way === 'entries').length,
    repeats: pages.reduce(
      (sum, page) => sum + page.raw.length - new Set(page.raw.map(({ event }) => event.recid)).size,
      0,
    ),
    'rolled back': count('rolled back').length,
    'not committed':
      raw.filter((one) => !isOf(one)).length + count('rolled back').filter(({ recid }) => rowOf.has(recid)).length,
    foreign: raw.filter((one) => one.row !== undefined && one.row.gsid !== one.page.gsid).length,
    lost: count('acknowledged').filter(({ recid }) => !rowOf.has(recid)).length,
    unmarked: rows.filter(({ wssdone }) => wssdone === 0).length,
    'left to the sweep': leftToSweep.length,
    swept,
  };
}

/** What is wrong with a line; empty where all is as promised. */
export function faultsOf(line: Line): string[] {
  const faults: string[] = [];
  if (line.committed === 0) faults.push('nothing was committed: the scenario shows nothing');
  if (line.delivered !== line.expected) faults.push(`${line.expected - line.delivered} sightings are missing`);
  for (const name of ['expired', 'not committed', 'foreign', 'lost', 'unmarked', 'left to the sweep'] as const) {
    if (line[name] > 0) faults.push(`${name}: ${line[name]}`);
  }
  return faults;
}

/** The lines as a table, in the test's output. */
export function printTable(lines: readonly Line[]): void {
  const names = Object.keys(lines[0] ?? {}) as (keyof Line)[];
  const table = [names, ...lines.map((line) => names.map((name) => String(line[name])))];
  const widths = names.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of table) {
    console.log(
      cells
        .map((cell, column) => (column ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[0] ?? 0)))
        .join('  '),
    );
  }
}
