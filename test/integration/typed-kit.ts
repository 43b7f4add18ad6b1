/** A test in TypeScript; it is checked, not run. */
export const typedKit = `import { type Actionlog, createActionlog, type Logged } from 'express-actionlog';
import {
  createTestActionlog,
  type Expected,
  type Faults,
  memoryStore,
  type TestActionlog,
  type TestEntry,
  type UpdateEvent,
} from 'express-actionlog/testing';

const log: TestActionlog = createTestActionlog({ sessionOptions: { idleTimeoutMs: 1000 }, announcer: { leaseMs: 5000 } });
const asReal: Actionlog = log;
createActionlog({ database: memoryStore({ ids: 'bigint' }), session: (req) => ({ userid: req.ip ?? 0 }) });
const cookie: string = log.cookieFor({ userid: 7n, gsid: 'acme', login: 'anna' });
const logged: Logged = await asReal.as(log.actorFor({ userid: 7 })).logaction(cookie, {}, { rectype: 'a', recid: 1 });
const expected: Expected = { message: /x/, rawobj: { a: [1] }, record: { rectype: 'a' }, user: log.actorFor({ userid: 7 }) };
const entry: TestEntry = log.assertLogged(expected);
log.assertNotLogged('nothing');
const event: UpdateEvent = await log.waitForEvent(({ recid }) => recid === entry.record?.recid, { timeoutMs: 5 });
const own: boolean | undefined = log.openPage({ userid: 7 }).events[0]?.own;
const faults: Faults = { stream: 'down', database: 'down', write: ({ rectype }) => rectype === 'a', commit: 'unknown' };
log.fail(faults);
await log.advance(event.time ?? 0);
await log.reset();
// @ts-expect-error a fault that there is not
log.fail({ stream: 'tired' });
// @ts-expect-error what no entry has
log.assertLogged({ mesage: 'x' });
export { logged, own };
await using _ = log;
`;
