import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawChart } from '../../bench/support/chart.ts';
import { Findings } from '../../bench/support/findings.ts';
import { alternate, ratioOf, spreadOf } from '../../bench/support/rounds.ts';

test('variants take turns, and who goes first changes from round to round', async () => {
  const order: string[] = [];
  const variant = (name: string) => async (round: number) => {
    order.push(name);
    return { round };
  };
  const variants = { A: variant('A'), B: variant('B'), C: variant('C') };
  const { measured } = await alternate('', variants, { rounds: 3, warmUps: 1, onRound: () => undefined });
  assert.deepEqual(order.join(''), 'ABCBCACABABC');
  assert.deepEqual(measured.get('B'), [{ round: 0 }, { round: 1 }, { round: 2 }]);
});

test('a ratio is taken of each round, and then their median, least and most', () => {
  const measured = new Map([
    ['ours', [{ rate: 20 }, { rate: 300 }, { rate: 50 }]],
    ['theirs', [{ rate: 10 }, { rate: 100 }, { rate: 10 }]],
  ]);
  assert.deepEqual(ratioOf({ setting: 'c=1', measured }, 'rate', 'ours', 'theirs'), { median: 3, min: 2, max: 5 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
});

test('what has not arrived is a failure, and so is what arrived without being sent', () => {
  const findings = new Findings('a', 'A', true);
  findings.arrived('rows', 10, 10);
  assert.deepEqual(findings.failures, []);
  findings.arrived('events', 10, 9);
  findings.arrived('answers', 10, 11);
  assert.deepEqual(
    findings.failures.map(({ what }) => what),
    ['events', 'answers'],
  );
});

test('options are kept without their secrets', () => {
  const findings = new Findings('a', 'A', true);
  findings.options('createActionlog', { stream: { secrets: ['a secret'], maxConnections: 2 } });
  assert.deepEqual(findings.results.options, {
    createActionlog: { stream: { secrets: '(not shown)', maxConnections: 2 } },
  });
});

test('a chart of the same data is the same text, whatever was drawn before', () => {
  const chart = { name: 'a', title: 'A & B', unit: 'ms', x: ['c=1'], series: [{ name: 'A', values: [1] }] };
  const svg = drawChart({ ...chart, kind: 'bars' });
  drawChart({ ...chart, kind: 'lines', log: true });
  assert.equal(drawChart({ ...chart, kind: 'bars' }), svg);
  assert.match(svg, /<title>A &#38; B<\/title>/);
  assert.match(svg, /prefers-color-scheme:dark/);
});
