import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionPayload, seal, sessionKey, unseal } from '../../lib/session/signed-cookie.ts';
import { VerifiedCookies } from '../../lib/session/verified-cookies.ts';

const key = sessionKey('a secret of this test, 32 bytes+', 'actionlog_session');
const cookie = (id: string, changes: Partial<SessionPayload> = {}) =>
  seal({ userid: '42', gsid: '3', login: 'jo', dispname: 'Jo', groups: [], at: 1, seen: 1, id, ...changes }, key);

function stage({ max = 3, maxBytes = 1_000_000 } = {}) {
  const cookies = new VerifiedCookies<string>({ max, maxBytes });
  const keep = (value: string) => {
    const unsealed = unseal(value, [key]) ?? assert.fail();
    cookies.keep(value, { ...unsealed, reading: unsealed.payload.id });
  };
  return { cookies, keep };
}

describe('verified cookies', () => {
  it('are known by their whole text alone: not by a prefix, a signature, or a signature under another text', () => {
    const { cookies, keep } = stage();
    const value = cookie('one');
    keep(value);
    assert.equal(cookies.get(value)?.reading, 'one');
    const [version, payload = '', signature = ''] = value.split('.');
    const altered = `${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}`;
    for (const other of [
      ...['', signature, `.${signature}`, payload, value.slice(0, -1), `${value}A`, `v2${value.slice(2)}`],
      ...[`${version}.${altered}.${signature}`, `${version}.${payload}.${signature.slice(0, -1)}~`, ` ${value}`],
    ]) {
      assert.equal(cookies.get(other), undefined, other);
    }
  });

  it('go where their number is reached, one that was not used first', () => {
    const { cookies, keep } = stage({ max: 3 });
    const values = ['one', 'two', 'three', 'four'].map((id) => cookie(id));
    for (const value of values.slice(0, 3)) keep(value);
    assert.ok(cookies.get(values[0] ?? ''));
    keep(values[3] ?? '');
    assert.deepEqual(
      values.map((value) => cookies.get(value)?.reading),
      ['one', undefined, 'three', 'four'],
    );
    assert.equal(cookies.size, 3);
  });

  it('go where their bytes are reached, long ones sooner', () => {
    const { cookies, keep } = stage({ max: 1_000, maxBytes: 20_000 });
    for (let n = 0; n < 100; n += 1) keep(cookie(`short ${n}`));
    const short = cookies.size;
    assert.ok(short > 5 && short < 20, `${short}`);
    for (let n = 0; n < 100; n += 1) keep(cookie(`long ${n}`, { dispname: 'x'.repeat(2_000) }));
    assert.ok(cookies.size > 0 && cookies.size < 5, `${cookies.size}`);
    const { cookies: tiny, keep: keepTiny } = stage({ maxBytes: 10 });
    keepTiny(cookie('one'));
    assert.equal(tiny.size, 0);
  });

  it('that come once, as the renewals of a session do, drive out nobody who is in use', () => {
    const { cookies, keep } = stage({ max: 3 });
    const others = [cookie('one'), cookie('two')];
    for (const value of others) keep(value);
    const renewals = Array.from({ length: 1_000 }, (_, n) => cookie('mine', { seen: n }));
    for (const value of renewals) {
      assert.ok(others.every((other) => cookies.get(other)));
      keep(value);
    }
    assert.equal(cookies.size, 3);
    assert.ok(others.every((value) => cookies.get(value)));
    assert.equal(cookies.get(renewals[0] ?? ''), undefined);
    assert.equal(cookies.get(renewals[999] ?? '')?.payload.seen, 999);
  });

  it('count their bytes once, also where a cookie is kept again', () => {
    const { cookies, keep } = stage({ max: 10, maxBytes: 10_000 });
    for (let n = 0; n < 1_000; n += 1) keep(cookie('one'));
    keep(cookie('two'));
    assert.deepEqual([cookies.size, cookies.get(cookie('one'))?.reading], [2, 'one']);
  });
});
