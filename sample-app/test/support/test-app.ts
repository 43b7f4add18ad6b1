import type { TestContext } from 'node:test';
import type { Express } from 'express';
import { createTestActionlog, type TestActionlog } from 'express-actionlog/testing';
import { openDatabase } from '../../database.ts';
import { createApp } from '../../express-app.ts';
import { sampleUsers } from '../../seed.ts';
import { Visitor } from './visitor.ts';

/** The app with an action log of the test kit and its own tables in memory: no port, no file, no streaming server. */
export interface TestApp {
  app: Express;
  log: TestActionlog;
  /** Somebody without a session. */
  visitor(): Visitor;
  /** A seeded user, signed in by the cookie alone. */
  signedIn(login: (typeof sampleUsers)[number]['login']): Visitor;
}

export async function testApp(t: TestContext): Promise<TestApp> {
  const db = await openDatabase({ kind: 'sqlite', file: ':memory:', actionlog: '' });
  const log = createTestActionlog({ signInUrl: '/sign-in' });
  t.after(async () => {
    await log.close();
    await db.destroy();
  });
  const config = { sessionSecrets: ['s'.repeat(40)], testPage: false, trustProxy: false, production: false } as const;
  const app = createApp({
    config: { ...config, sessionSecrets: [...config.sessionSecrets] },
    db,
    actionlog: log,
    streamUrl: '/actionlog',
  });
  return {
    app,
    log,
    visitor: () => new Visitor({ app }),
    signedIn(login) {
      const index = sampleUsers.findIndex((user) => user.login === login);
      const { gsid, dispname, groupnames } = sampleUsers[index] ?? sampleUsers[0];
      const user = { userid: index + 1, gsid, login, dispname, groups: groupnames.split('|') };
      return new Visitor({ app, cookie: log.cookieFor(user) });
    },
  };
}
