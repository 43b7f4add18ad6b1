import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, dayAfter, isDate } from '../../lib/viewer/days.ts';

const at = (text: string) => Date.parse(text);

test('a day is that of the time zone', () => {
  const kiritimati = new Days('en-GB', 'Pacific/Kiritimati');
  assert.equal(kiritimati.dateOf(at('2026-05-02T10:00:00Z')), '2026-05-03');
  assert.match(kiritimati.name(at('2026-05-02T10:00:00Z')), /^Sunday,? 3 May 2026$/);
  assert.equal(new Days('en-GB', 'Pacific/Midway').dateOf(at('2026-05-03T10:00:00Z')), '2026-05-02');
});

test('times are told in the words of the locale', () => {
  const days = new Days('de-AT', 'Europe/Vienna');
  assert.equal(days.time(at('2026-05-03T12:05:00Z')), '14:05');
  assert.match(days.name(at('2026-05-03T12:05:00Z')), /^Sonntag, 3\. Mai 2026$/);
  assert.match(days.full(at('2026-05-03T12:05:00Z')), /2026.*14:05:00 MESZ/);
});

test('a day begins at midnight, by the clocks of that day', () => {
  const berlin = new Days('en-GB', 'Europe/Berlin');
  assert.equal(berlin.startOf('2026-01-15'), at('2026-01-14T23:00:00Z'));
  assert.equal(berlin.startOf('2026-07-15'), at('2026-07-14T22:00:00Z'));
  assert.equal(berlin.startOf('2026-03-29'), at('2026-03-28T23:00:00Z'), 'the clocks go forward at two');
  assert.equal(berlin.startOf('2026-10-26'), at('2026-10-25T23:00:00Z'));
});

test('where the clocks change at midnight, a day begins with its first moment', () => {
  const cairo = new Days('en-GB', 'Africa/Cairo'); // forward at midnight: there is no 00:30 that day
  const start = cairo.startOf('2024-04-26');
  assert.equal(start, at('2024-04-25T22:00:00Z'));
  assert.deepEqual([cairo.dateOf(start - 1000), cairo.dateOf(start)], ['2024-04-25', '2024-04-26']);
  const havana = new Days('en-GB', 'America/Havana'); // back from one to midnight: it has 00:30 twice
  assert.equal(havana.startOf('2024-11-03'), at('2024-11-03T04:00:00Z'));
});

test('only days of the calendar are dates', () => {
  assert.ok(isDate('2028-02-29'));
  for (const text of ['2026-02-29', '2026-13-01', '2026-5-3', '26-05-03', '2026-05-03T00:00', '1969-12-31', '', 'x'])
    assert.equal(isDate(text), false, text);
  assert.equal(dayAfter('2026-12-31'), '2027-01-01');
});
