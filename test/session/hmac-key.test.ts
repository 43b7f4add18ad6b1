import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { HmacKey } from '../../lib/session/hmac-key.ts';

const expected = (secret: string, label: string, text: string) =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', secret, '', label, 32)))
    .update(text)
    .digest('base64url');

describe('a key of HMAC-SHA-256', () => {
  it('signs as createHmac does: texts of every length, beyond its room, and not only ASCII', () => {
    const key = new HmacKey('a secret of this test, 32 bytes+', 'label');
    const texts = [
      ...Array.from({ length: 300 }, (_, length) => 'x'.repeat(length)),
      ...['y'.repeat(5_000), 'é'.repeat(700), '€'.repeat(2_000), '🦊 fox', '\ud800 alone', '\u0000', 'short again'],
    ];
    for (const text of texts) {
      assert.equal(key.sign(text), expected('a secret of this test, 32 bytes+', 'label', text), text.slice(0, 20));
    }
  });

  it('is another one for another secret, and for another label', () => {
    const signatures = [
      new HmacKey('a secret of this test, 32 bytes+', 'label').sign('text'),
      new HmacKey('a secret of this test, 32 bytes-', 'label').sign('text'),
      new HmacKey('a secret of this test, 32 bytes+', 'other').sign('text'),
    ];
    assert.equal(new Set(signatures).size, 3);
  });
});
