import { type Environment, environmentText, majorOf } from './environment.ts';
import type { Figure, Results } from './findings.ts';
import { figure, spreadText } from './print.ts';
import { boundText, isMet, type TargetId, targets } from './targets.ts';

/** The versions of Node that the tables have a column for. */
const majors = ['20', '24'];
const ids = Object.keys(targets) as TargetId[];

/** Puts figures between the markers `<!-- figures:name -->` and `<!-- /figures -->` of a page; the rest stays as it is. */
export function fillIn(page: string, all: readonly Results[]): string {
  const filled = new Set<string>();
  const text = page.replace(
    /(<!-- figures:([\w-]+) -->\n)[\s\S]*?(<!-- \/figures -->)/g,
    (_, begin: string, name: string, end: string) => {
      filled.add(name);
      return `${begin}${blockOf(name, all)}\n${end}`;
    },
  );
  const missing = all.filter(({ bench }) => !filled.has(bench)).map(({ bench }) => bench);
  if (missing.length > 0) throw new Error(`the page has no place for the figures of ${missing.join(', ')}`);
  return text;
}

function blockOf(name: string, all: readonly Results[]): string {
  if (name === 'targets') return targetsTable(all);
  if (name === 'environment') return environments(all);
  if (name === 'missed') return missedList(all);
  const ofBench = all.filter(({ bench }) => bench === name);
  if (ofBench.length === 0) return `\nNot measured yet: \`npm run bench -- ${name}\`.\n`;
  return ofBench.map(benchText).join('\n');
}

/** What a target's figure is on a version of Node, the worst of several; undefined where it was not measured. */
function measured(id: TargetId, major: string, all: readonly Results[]) {
  const results = all.find(({ bench, environment }) => bench === targets[id].bench && majorOf(environment) === major);
  if (!results) return undefined;
  const found = [...results.ratios, ...results.values].filter(({ target }) => target === id);
  const worse = 'atMost' in targets[id] ? -1 : 1;
  return found.sort((a, b) => worse * (a.median - b.median))[0];
}

function targetsTable(all: readonly Results[]): string {
  const versions = majors.map((major) => all.find((one) => majorOf(one.environment) === major)?.environment.node);
  const heads = majors.map((major, index) => `Node ${versions[index] ?? major}`);
  const rows = ids.map((id) => {
    const bounds = [...new Set(majors.map((major) => boundText(id, major)))];
    const cells = majors.map((major) => {
      const found = measured(id, major, all);
      return found ? `${spreadText(found)} ${isMet(id, major, found.median) ? 'ok' : '**missed**'}` : '—';
    });
    const target = bounds.length === 1 ? bounds[0] : `${bounds[0]}; Node 24 ${bounds[1]}`;
    return [targets[id].what, target ?? '', ...cells];
  });
  return markdownTable(['what', 'target', ...heads], rows);
}

function environments(all: readonly Results[]): string {
  const texts = new Map<string, Environment>();
  for (const { environment } of all) {
    const kept = texts.get(environment.node);
    texts.set(environment.node, { ...kept, ...environment });
  }
  if (texts.size === 0) return '\nNot measured yet: `npm run bench`.\n';
  return `\n${[...texts.values()].map((environment) => `- ${environmentText(environment)}`).join('\n')}\n`;
}

function missedList(all: readonly Results[]): string {
  const lines = majors.flatMap((major) =>
    ids.flatMap((id) => {
      const found = measured(id, major, all);
      if (!found || isMet(id, major, found.median)) return [];
      const { what, unit } = targets[id];
      return [`- Node ${major}: ${what}: ${figure(found.median)} ${unit}, target ${boundText(id, major)}`];
    }),
  );
  return lines.length > 0 ? `\n${lines.join('\n')}\n` : '\nNone of what was measured.\n';
}

function benchText({ environment, quick, options, figures, ratios, values, arrivals, charts, notes }: Results): string {
  const node = `node${majorOf(environment)}`;
  const metrics = [...new Set(figures.map(({ metric }) => metric))].filter((metric) => metric !== 'calls');
  const keyOf = ({ setting, variant }: Figure) => `${setting}\n${variant}`;
  const rows = [...new Set(figures.map(keyOf))].map((key) => [
    ...key.split('\n'),
    ...metrics.map((metric) => {
      const found = figures.find((one) => one.metric === metric && keyOf(one) === key);
      return found ? spreadText(found) : '';
    }),
  ]);
  const compared = ratios.map((ratio) => {
    const { setting, metric, of, against } = ratio;
    return [setting, metric, `${of} / ${against}`, `${spreadText(ratio)} x`];
  });
  const given = Object.entries(options).map(([of, set]) => `Options of ${of}: \`${JSON.stringify(set)}\``);
  const checked = arrivals.reduce((sum, { got }) => sum + got, 0);
  return [
    `\n**Node ${environment.node}**${quick ? ' (quick form: no figure to rely on)' : ''}\n`,
    ...charts.map(({ name, title }) => `![${title}](charts/${name}-${node}.svg)\n`),
    ...(rows.length > 0 ? [markdownTable(['', 'variant', ...metrics], rows)] : []),
    ...(compared.length > 0 ? [markdownTable(['', 'metric', 'ratio', 'median (min–max)'], compared)] : []),
    ...(values.length > 0
      ? [
          markdownTable(
            ['', 'median (min–max)'],
            values.map((one) => [one.what, `${spreadText(one)} ${one.unit}`]),
          ),
        ]
      : []),
    ...(arrivals.length > 0
      ? [`Counted: ${checked.toLocaleString('en')} rows, events or answers; none is missing.\n`]
      : []),
    ...given.map((text) => `${text}\n`),
    ...notes.map((note) => `${note}\n`),
  ]
    .join('\n')
    .replaceAll('\n\n\n', '\n\n');
}

function markdownTable(head: string[], rows: string[][]): string {
  const lineOf = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `\n${[lineOf(head), `|${head.map(() => '---|').join('')}`, ...rows.map(lineOf)].join('\n')}\n`;
}
