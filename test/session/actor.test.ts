import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Actor, type User, vouchFor } from '../../lib/session/actor.ts';

/** The constructor as plain JavaScript sees it. */
const Constructor = Actor as unknown as new (given: unknown, user: User) => Actor;
const user: User = { userid: 42, gsid: 3, login: 'jo', dispname: 'Jo', groups: ['users'] };

describe('Actor', () => {
  it('is not made by anybody else', () => {
    for (const symbol of [Symbol(), Symbol('made by this module'), Symbol.for('made by this module'), undefined]) {
      assert.throws(() => new Constructor(symbol, user), TypeError);
    }
    const inherit = () => new (class extends Constructor {})(Symbol(), user);
    assert.throws(inherit, TypeError);
  });

  it('is told from what only looks like one', () => {
    const actor = vouchFor(user);
    assert.equal(Actor.is(actor), true);
    const lookalikes: unknown[] = [
      ...[{ ...actor }, structuredClone({ ...actor }), Object.create(actor), Object.create(Actor.prototype)],
      ...[
        new Proxy(actor, {}),
        Object.setPrototypeOf({ ...actor }, Actor.prototype),
        JSON.parse(JSON.stringify(actor)),
      ],
      ...[null, undefined, 'actor', 42, Actor, Actor.prototype],
    ];
    for (const lookalike of lookalikes) assert.equal(Actor.is(lookalike), false);
  });

  it('does not change once it is made', () => {
    const groups = ['users'];
    const actor = vouchFor({ ...user, groups });
    groups.push('admins');
    assert.deepEqual(actor.groups, ['users']);
    assert.throws(() => Object.assign(actor, { userid: '1' }), TypeError);
    assert.throws(() => (actor.groups as string[]).push('admins'), TypeError);
  });

  it('is of tenant 1, and named after its id, where nothing else is said', () => {
    assert.deepEqual(
      { ...vouchFor({ userid: 7 }) },
      { ...vouchFor({ userid: '7', gsid: 1n, login: '7', dispname: '7' }) },
    );
    assert.equal(vouchFor({ userid: 7, login: 'jo' }).dispname, 'jo');
  });

  it('is never of every tenant', () => {
    for (const gsid of [0, 0n, '0'])
      assert.throws(() => vouchFor({ userid: 1, gsid }), /TypeError: gsid: 0 means every/);
  });
});
