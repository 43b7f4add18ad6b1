import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { saltClock } from '../../lib/session/gyroscope-salt.ts';
import { sessionHour } from '../../lib/session/hours.ts';

const at = (iso: string) => Date.parse(iso);

describe('sessionHour', () => {
  it('gives the local hour, its month with a leading zero and its day without', () => {
    assert.equal(sessionHour(at('2026-03-05T09:07:11Z'), 'UTC'), '2026-03-5-09');
    assert.equal(sessionHour(at('2026-03-15T23:59:59Z'), 'America/Toronto'), '2026-03-15-19');
    assert.equal(sessionHour(at('2026-12-31T18:30:00Z'), 'Asia/Kolkata'), '2027-01-1-00');
  });
});

describe('saltClock', () => {
  const endsAt = (iso: string, zone: string) => new Date(saltClock(zone)(at(iso)).endsAt).toISOString();

  it('gives the hours back from the current one', () => {
    const { hours } = saltClock('UTC')(at('2026-03-05T01:07:11Z'));
    assert.equal(hours.length, 24);
    assert.deepEqual(hours.slice(0, 3), ['2026-03-5-01', '2026-03-5-00', '2026-03-4-23']);
  });

  it('moves on with the time, also backwards', () => {
    const clock = saltClock('UTC');
    for (const hour of ['09', '10', '08'])
      assert.equal(clock(at(`2026-03-05T${hour}:59:59Z`)).hours[0], `2026-03-5-${hour}`);
  });

  it('ends with the hour after the current one, in zones of half hours too', () => {
    assert.equal(endsAt('2026-03-05T09:00:00Z', 'UTC'), '2026-03-05T11:00:00.000Z');
    assert.equal(endsAt('2026-03-05T09:59:59Z', 'UTC'), '2026-03-05T11:00:00.000Z');
    assert.equal(endsAt('2026-03-05T09:07:11Z', 'Asia/Kolkata'), '2026-03-05T10:30:00.000Z');
    assert.equal(endsAt('2026-03-05T09:07:11Z', 'Asia/Kathmandu'), '2026-03-05T10:15:00.000Z');
  });

  it('ends an hour later where the clocks go back and an hour comes twice', () => {
    assert.equal(endsAt('2026-11-01T05:30:00Z', 'America/Toronto'), '2026-11-01T08:00:00.000Z');
  });
});
