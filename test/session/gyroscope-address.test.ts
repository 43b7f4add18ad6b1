import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { saltOriginalAddr, saltRemoteAddr } from '../../lib/session/gyroscope-address.ts';

/** [as the server has it, remoteAddr in the salt, originalAddr in the salt] */
const table: [string, string, string][] = [
  ['10.0.0.9', '10.0.0.9', '10.0.0.9'],
  ['::1', '127.0.0.1', '::1'],
  ['::ffff:10.0.0.9', '10.0.0.9', '10.0.0.9'],
  ['::FFFF:10.0.0.9', '10.0.0.9', '10.0.0.9'],
  ['::ffff:127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ['::', '::', ':::'],
  ['fe80::1', 'fe80::1', 'fe80::1:'],
  ['2001:db8::1', '2001:db8::1', '2001:db8::1'],
  ['2001:db8::1:2', '2001:db8::1:2', '2001:db8::1'],
  ['2001:db8::1:2:3', '2001:db8::1', '2001:db8::1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2', '2001:db8:1:2'],
  ['::ffff:0:1', '::ffff:0:1', '::ffff:0'],
  ['', '', ''],
];

describe("the addresses in Gyroscope's salt", () => {
  for (const [address, remote, original] of table) {
    it(`are cut as text: ${address || 'none'}`, () => {
      assert.equal(saltRemoteAddr(address), remote);
      assert.equal(saltOriginalAddr(address), original);
    });
  }
});
