/*
 * The session check: Express with cookie-parser and the middleware against Express with cookie-parser alone, on the same
 * requests with the same cookies; and one read by itself, beside the HMAC that any signed cookie needs.
 */
import type { Bench } from './support/bench.ts';
import type { ApiOf } from './support/child.ts';
import { signIn } from './support/listen.ts';
import { seriesOf } from './support/rounds.ts';

type App = ApiOf<typeof import('./children/session-app.ts')>;
type HttpLoad = ApiOf<typeof import('./children/http-load.ts')>;
type Reads = ApiOf<typeof import('./children/session-reads.ts')>;

/** What each answer is, so that an answer to somebody who is not signed in is found out. */
const answer = 'user 42 of tenant 3';
const users = 500;
const concurrency = 64;

export const bench: Bench = {
  name: 'session',
  title: 'The session middleware, against Express with cookie-parser alone',
  limitMinutes: { full: 3, quick: 1 },
  async run({ quick, roundMs, secret, findings, database, child, alternate }) {
    const { url: databaseUrl } = await database();
    const start = async (way: 'alone' | 'middleware') => {
      const app = await child<App>(new URL('./children/session-app.ts', import.meta.url));
      return await app.call('start', { way, database: databaseUrl, secret, answer });
    };
    const apps = { alone: await start('alone'), middleware: await start('middleware') };
    const generator = await child<HttpLoad>(new URL('./children/http-load.ts', import.meta.url));
    findings.options('createActionlog', { session: 'signedSession({ secrets })' });

    // a session older than a minute is renewed by its next request; none gets so old here
    const cookies = await Promise.all(
      Array.from({ length: users }, (_, index) => signIn(`${apps.middleware}/sign-in/${index + 1}`)),
    );
    let calls = 0;
    let good = 0;
    const loadOn = async (url: string) => {
      const requests = cookies.map((cookie) => ({ headers: { cookie } }));
      const load = {
        url,
        connections: concurrency,
        until: { durationMs: Math.max(roundMs, 1_000) },
        requests,
        expectBody: answer,
      };
      const { bad, begunAt, endedAt, ...measured } = await generator.call('load', load);
      calls += measured.calls;
      good += measured.calls - bad;
      return measured;
    };
    const rounds = await alternate(`c=${concurrency}`, {
      'cookie-parser': () => loadOn(apps.alone),
      'with middleware': () => loadOn(apps.middleware),
    });
    findings.ratio(rounds, 'perSecond', 'with middleware', 'cookie-parser', 'session-rate');
    findings.bars('session', 'The session check in Express', 'requests a second', 'perSecond', [rounds]);
    findings.arrived('answers to whom the cookie names', calls, good);

    const reader = await child<Reads>(new URL('./children/session-reads.ts', import.meta.url));
    await reader.call('start', secret);
    const count = quick ? 5_000 : 20_000;
    const reads = await alternate('one read', {
      'one HMAC-SHA-256': () => reader.call('hmac', count),
      'cookie not seen before': () => reader.call('uncached', count),
      'cookie seen before': () => reader.call('cached', count),
    });
    const us = (variant: string) => seriesOf(reads, variant, 'us');
    findings.value('a session read, cookie not seen before', 'µs', us('cookie not seen before'), 'session-uncached');
    findings.value('a session read, cookie seen before', 'µs', us('cookie seen before'), 'session-cached');
    findings.ratio(reads, 'us', 'cookie not seen before', 'one HMAC-SHA-256');
  },
};
