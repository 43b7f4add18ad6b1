/*
 * Writes the figures of bench/results into docs/performance.md, between its markers, and draws their charts again, so that
 * none is typed by hand: `npm run bench:report`, or with `-- --from folder`, as `--out folder` has kept them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fillIn } from './report-text.ts';
import { drawCharts, readResults } from './results.ts';

const { from } = parseArgs({ options: { from: { type: 'string' } } }).values;
const page = new URL('../../docs/performance.md', import.meta.url);
const all = readResults(from);
writeFileSync(page, fillIn(readFileSync(page, 'utf8'), all));
for (const results of all) drawCharts(results);
console.log(`docs/performance.md: the figures of ${all.length} results`);
for (const { bench, quick } of all) if (quick) console.log(`  ${bench} ran in its quick form: no figure to rely on`);
