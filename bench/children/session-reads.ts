/* Reads sessions in this process: what the check itself costs, without Express around it. */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { type Session, signedSession } from 'express-actionlog';
import { serve } from '../support/serve.ts';

let session: Session | undefined;
let users = 0;
const key = createSecretKey(randomBytes(32));

/** Signs a new user in; his cookie. */
function signIn(): string {
  users += 1;
  const headers: string[] = [];
  const res = { getHeader: () => undefined, setHeader: (_name: string, value: string[]) => headers.push(...value) };
  const req = { secure: true, headers: { host: 'app.example.com' } };
  const user = { userid: users, gsid: 3, login: `user${users}`, dispname: 'Ann Example', groups: ['staff', 'sales'] };
  session?.signIn?.(req as unknown as Request, res as unknown as Response, user);
  const [cookie = ''] = headers[0]?.split(';') ?? [];
  return decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1));
}

const res = { headersSent: false } as Response;

/** Microseconds for one read, when these cookies are read one after the other. */
function timeReads(cookies: readonly string[]): number {
  const requests = cookies.map((cookie) => ({ cookies: { actionlog_session: cookie } }) as unknown as Request);
  let actors = 0;
  const begin = performance.now();
  for (const req of requests) {
    const reading = session?.read(req, res, () => false);
    if (reading && 'actor' in reading && reading.actor) actors += 1;
  }
  const took = performance.now() - begin;
  if (actors !== requests.length) throw new Error(`${actors} of ${requests.length} sessions were read`);
  return (took * 1000) / requests.length;
}

export const api = serve({
  start(secret: string): void {
    session = signedSession({ secrets: [secret], secure: true });
  },
  /** Cookies that were not seen before. */
  uncached: (reads: number) => ({ us: timeReads(Array.from({ length: reads }, signIn)) }),
  /** Ten users' cookies over and over, all seen before. */
  cached(reads: number) {
    const cookies = Array.from({ length: 10 }, signIn);
    timeReads(cookies);
    return { us: timeReads(Array.from({ length: reads }, (_, index) => cookies[index % 10] ?? '')) };
  },
  /** The floor of a check without a cache: one HMAC-SHA-256 over a text as long as a cookie's, compared. */
  hmac(reads: number) {
    const texts = Array.from({ length: reads }, (_, index) => `${index}`.padStart(200, 'x'));
    const expected = createHmac('sha256', key).update('x').digest();
    let same = 0;
    const begin = performance.now();
    for (const text of texts) {
      if (timingSafeEqual(createHmac('sha256', key).update(text).digest(), expected)) same += 1;
    }
    const took = performance.now() - begin;
    if (same > 0) throw new Error('two digests are the same');
    return { us: (took * 1000) / reads };
  },
});
