import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import { createActionlog, gyroscopeSession, migrate } from '../../lib/index.ts';
import { startGyroscopeRecorder } from '../support/gyroscope-recorder.ts';
import { createDatabase } from '../support/mariadb.ts';
import { vectors } from '../support/vectors.ts';

const columns = 'gsid, userid, logname, logmessage, logdate, sid, rectype, recid, wssdone, bulldozed, rawobj';

/** The test's own connection gives bigint columns as text. */
const asText = (row: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]));

for (const { title, utc, mode, user, query, call, rows, relayed } of vectors.logaction) {
  test(`recording "${title}": row and relay are PHP's`, async () => {
    await using database = await createDatabase();
    await using recorder = await startGyroscopeRecorder();
    await migrate({ database: database.url });
    mock.timers.enable({ apis: ['Date'], now: Date.parse(utc) });
    await using actionlog = createActionlog({
      compatibility: 'gyroscope',
      database: database.url,
      session: gyroscopeSession({ saltroot: 'a saltroot for the tests, long enough' }),
      stream: { url: recorder.url, internalKey: mode === 'legacy' ? '' : 'internal', wssecret: 'asdf' },
    });
    try {
      const app = express();
      app.use(cookieParser(), actionlog.middleware(), express.json());
      app.post('/sign-in', (req, res) => {
        const groups = user.groupnames.split('|');
        actionlog.signIn(req, res, { ...user, groups });
        res.end();
      });
      app.post('/act', actionlog.requireActor(), async (req, res) => {
        const { message, rawobj, syncobj } = req.body;
        const { announced } = await req.logaction(message, rawobj, syncobj);
        res.json(await announced);
      });
      const signedIn = await request(app).post('/sign-in');
      const cookies = [signedIn.get('Set-Cookie') ?? []].flat().map((cookie) => cookie.split(';')[0]);
      const answer = await request(app).post('/act').query(query).set('Cookie', cookies.join('; ')).send(call);
      assert.equal(answer.status, 200, answer.text);
      const expected = relayed.length > 0 ? 'sent' : call.syncobj ? 'off' : 'nothing';
      assert.equal(answer.body.status, expected);

      const stored = await database.query(`SELECT ${columns} FROM actionlog ORDER BY alogid`);
      assert.deepEqual(stored.map(asText), rows.map(asText));
      const messages = (await recorder.until(relayed.length)).map(({ message }) => JSON.parse(message).relay);
      assert.deepEqual(messages, relayed);
    } finally {
      mock.timers.reset();
    }
  });
}
