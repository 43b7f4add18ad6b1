import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SignedSessionOptions, signedSession } from '../../lib/session/signed-session.ts';

const secrets = ['a secret of this test, 32 bytes+'];

describe('the options of signedSession', () => {
  const wrong = (options: Record<string, unknown>, pattern: RegExp) =>
    assert.throws(
      () => signedSession({ secrets, ...options } as SignedSessionOptions),
      (error: Error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, pattern);
        assert.doesNotMatch(error.message, /a secret of this test/);
        return true;
      },
    );

  it('are refused with the option named where they are wrong', () => {
    wrong({ secrets: [] }, /secrets.*at least one/);
    wrong({ secrets: 'a secret of this test' }, /secrets/);
    wrong({ secrets: ['a secret of this test'] }, /secrets\.0.*32 bytes/);
    wrong({ idleTimeoutMs: 0 }, /idleTimeoutMs/);
    wrong({ absoluteTimeoutMs: '12h' }, /absoluteTimeoutMs/);
    wrong({ sameSite: 'None' }, /sameSite.*"lax", "strict", "none"/);
    wrong({ cookieName: 'a b' }, /cookieName/);
    wrong({ cookieName: '' }, /cookieName/);
    wrong({ path: 'app' }, /path/);
    wrong({ path: '/; Domain=example.org' }, /path/);
    wrong({ domain: 'example.org; Secure' }, /domain/);
    wrong({ maxAge: 1 }, /unknown option "maxAge"/);
    for (const cache of [true, 0, { max: 0 }, { maxBytes: 1.5 }, { ttlMs: 1 }]) {
      wrong(
        { cache },
        /"cache.*expected (false, or \{ max, maxBytes \}|a number|a whole number)|unknown option .* in "cache"/,
      );
    }
  });

  it('are refused where browsers would drop the cookie', () => {
    wrong({ sameSite: 'none', secure: false }, /secure.*none/);
    wrong({ cookieName: '__Host-a', secure: false }, /secure.*__Host-/);
    wrong({ cookieName: '__Secure-a', secure: false }, /secure.*__Secure-/);
    wrong({ cookieName: '__Host-a', path: '/app' }, /path.*__Host-/);
    wrong({ cookieName: '__host-a', domain: 'example.org' }, /domain.*__Host-/);
  });
});
