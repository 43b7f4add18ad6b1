import assert from 'node:assert/strict';
import { test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { claimOf, connectionId } from '../../lib/stream/claim.ts';

const app = express();
app.use(express.urlencoded({ extended: true }));
app.use((req, res) => {
  res.json(claimOf(req));
});

test('a connection id follows the rules of intval, and is never out of range', () => {
  const cases: [unknown, number][] = [
    ['77', 77],
    ['12abc', 12],
    [' 9', 9],
    ['1e3', 1000],
    ['4294967295', 4_294_967_295],
    ['4294967296', 0],
    ['-4', 0],
    ['0x1A', 0],
    ['abc', 0],
    ['', 0],
    ['9'.repeat(400), 0],
    [5, 5],
    [Number.NaN, 0],
    [null, 0],
    [{ toString: () => '5' }, 0],
  ];
  for (const [given, expected] of cases) assert.equal(connectionId(given), expected, String(given));
});

test('the connection id is read from query, form field or header, in this order', async () => {
  const header = { 'Actionlog-Connection': '3' };
  const all = await request(app).post('/?wssid_=1').set(header).type('form').send({ wssid_: '2' });
  assert.equal(all.body.wssid, 1);
  assert.equal((await request(app).post('/').set(header).type('form').send({ wssid_: '2' })).body.wssid, 2);
  assert.equal((await request(app).get('/').set(header)).body.wssid, 3);
  assert.equal((await request(app).get('/')).body.wssid, 0);
});

test('repeated and nested values make no trouble', async () => {
  assert.equal((await request(app).get('/?wssid_=1&wssid_=2')).body.wssid, 2);
  assert.equal((await request(app).post('/').type('form').send('wssid_[a]=1')).body.wssid, 0);
  assert.equal((await request(app).post('/').type('form').send('__proto__[wssid_]=1')).body.wssid, 0);
});

test('a known conflict is a number other than 0', async () => {
  for (const [value, expected] of [
    ['1', true],
    ['2', true],
    ['0', false],
    ['', false],
    ['yes', false],
    ['00', true], // as in PHP, where only the text `0` itself is false
    ['-1.5e3', true],
    ['0x1', false],
    ['1 2', false],
  ] as const) {
    const answer = await request(app).get(`/?__tabconflicted=${value}`);
    assert.equal(answer.body.conflicted, expected, value);
  }
  assert.equal((await request(app).get('/').set('Actionlog-Conflicted', '1')).body.conflicted, true);
});
