import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Findings, type Results } from '../../bench/support/findings.ts';
import { fillIn } from '../../bench/support/report-text.ts';
import { readResults } from '../../bench/support/results.ts';

const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
const environment = { node: '20.19.0', cpus: 2, cpu: 'a processor', memoryGiB: 8, os: 'Linux' };

function resultsOf(rate: number): Results {
  const findings = new Findings('write', 'Writing the row', false);
  const rounds = {
    setting: 'c=64',
    measured: new Map([
      ['pool.execute', [{ perSecond: 1000 }, { perSecond: 2000 }, { perSecond: 1000 }]],
      ['logaction', [{ perSecond: 1000 * rate }, { perSecond: 2000 * rate }, { perSecond: 5000 * rate }]],
    ]),
  };
  findings.figures(rounds);
  findings.ratio(rounds, 'perSecond', 'logaction', 'pool.execute', 'write-rate-64');
  findings.arrived('rows', 3, 3);
  return { ...findings.results, environment };
}

test('docs/performance.md shows the figures of bench/results as they are', () => {
  assert.equal(fillIn(page, readResults()), page, '`npm run bench:report` writes them anew');
});

test('a target that is met says ok, one that is not says missed and is listed', () => {
  const met = fillIn(page, [resultsOf(4)]);
  assert.match(met, /rate against `pool\.execute`, pool of 10 \| ≥ 3\.5 x \| 4 \(4–20\) ok \| — \|/);
  assert.match(met, /None of what was measured/);
  const missed = fillIn(page, [resultsOf(3)]);
  assert.match(missed, /≥ 3\.5 x \| 3 \(3–15\) \*\*missed\*\* \| — \|/);
  assert.match(missed, /- Node 20: write, c=64: rate against `pool\.execute`, pool of 10: 3 x, target ≥ 3\.5 x/);
});

test('figures of a benchmark that the page has no place for are refused', () => {
  assert.throws(
    () => fillIn(page, [{ ...resultsOf(4), bench: 'unheard-of' }]),
    /no place for the figures of unheard-of/,
  );
});
