import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

/** How long a page's token opens a connection, in milliseconds. */
const tokenLifetimeMs = 60_000;
/** How long a page may stay away and still get its connection id back, in milliseconds. */
const resumeLifetimeMs = 12 * 3_600_000;
const tokenAudience = 'actionlog';
const resumeAudience = 'actionlog-resume';

const tokenClaims = z.object({
  sub: z.string().min(1),
  gsid: z.string().min(1),
  login: z.string(),
  exp: z.number(),
  iat: z.number().optional(),
  ses: z.object({ id: z.string().optional(), at: z.number().optional(), end: z.number().optional() }).optional(),
});
const resumeClaims = z.object({ sub: z.string().min(1), gsid: z.string().min(1), sid: z.number().int().positive() });

/** Who a page is: what its token says. */
export interface PageIdentity {
  userid: string;
  gsid: string;
  login: string;
}

/** The session that a token stands on, as far as the application server knows it. */
export interface TokenSession {
  /** Names the session; a name made by {@link sessionName}, since pages can read their token. */
  id?: string | undefined;
  /** When it began, Unix time in milliseconds. */
  at?: number | undefined;
  /** When it ends if nothing renews it, Unix time in milliseconds. */
  end?: number | undefined;
}

/** What a token says. */
export interface PageToken extends PageIdentity {
  /** When it was issued, Unix time in milliseconds. */
  issuedAt: number;
  session: TokenSession;
}

/** The name by which tokens and revocations know a session, which tells nothing of the id itself. */
export function sessionName(id: string): string {
  return createHash('sha256').update(`actionlog session ${id}`).digest('base64url').slice(0, 22);
}

/** What a resume statement says: this connection id was given to this user of this tenant. */
export interface ResumeStatement {
  sid: number;
  gsid: string;
  userid: string;
}

/** One relay as it is signed. */
export interface SignedRelay {
  id: string;
  /** Unix time in seconds, decimal. */
  timestamp: string;
  body: Uint8Array | string;
}

interface DerivedKey {
  kid: string;
  key: KeyObject;
}

/**
 * The keys of the default wires, derived from the shared secrets by HKDF-SHA-256 with a label for each use, so that a
 * token cannot pass for a relay, nor a resume statement for a token. The first secret signs, all of them are taken.
 */
export class StreamKeys {
  readonly #relay: DerivedKey[];
  readonly #token: DerivedKey[];
  readonly #resume: DerivedKey[];

  constructor(secrets: readonly string[]) {
    this.#relay = secrets.map((secret) => derive(secret, 'relay'));
    this.#token = secrets.map((secret) => derive(secret, 'token'));
    this.#resume = secrets.map((secret) => derive(secret, 'resume'));
  }

  /** The `webhook-signature` of a relay, after the Standard Webhooks specification: `v1,<base64>`. */
  signRelay(relay: SignedRelay): string {
    return `v1,${relaySignature(first(this.#relay).key, relay).toString('base64')}`;
  }

  /** Whether one of the space-separated signatures is right under one of the secrets. Compares in constant time. */
  verifyRelay(relay: SignedRelay, signatures: string): boolean {
    return this.relayKey(relay, signatures) !== undefined;
  }

  /** Names the secret under which one of the signatures is right; undefined where none is. */
  relayKey(relay: SignedRelay, signatures: string): string | undefined {
    const given = signatures
      .split(' ', 16)
      .filter((part) => part.startsWith('v1,'))
      .map((part) => Buffer.from(part.slice(3), 'base64'));
    return this.#relay.find(({ key }) => {
      const expected = relaySignature(key, relay);
      return given.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
    })?.kid;
  }

  /** A token that opens one page's connection within a minute, and not past the session's end. */
  async issueToken(page: PageIdentity, session: TokenSession = {}): Promise<string> {
    const now = Date.now();
    const expires = Math.min(now + tokenLifetimeMs, session.end ?? Number.POSITIVE_INFINITY);
    // a NumericDate may have a fraction, and a revocation is told from a sign-in by the millisecond
    const claims = { gsid: page.gsid, login: page.login, iat: now / 1000, ses: { ...session } };
    return await sign(first(this.#token), claims, page.userid, tokenAudience, expires);
  }

  /** The page that a token names; undefined where it is not ours, too old, or meant for something else. */
  async verifyToken(token: string): Promise<PageToken | undefined> {
    const claims = tokenClaims.safeParse(await verify(this.#token, token, tokenAudience));
    if (!claims.success) return undefined;
    const { sub, gsid, login, exp, iat, ses = {} } = claims.data;
    const issuedAt = iat === undefined ? exp * 1000 - tokenLifetimeMs : Math.round(iat * 1000);
    return { userid: sub, gsid, login, issuedAt, session: ses };
  }

  /** When a token ends that is ours, Unix time in milliseconds, also where it has; undefined where it is not ours. */
  async endOf(token: string): Promise<number | undefined> {
    const claims = tokenClaims.safeParse(await verify(this.#token, token, tokenAudience, Number.MAX_SAFE_INTEGER));
    return claims.success ? claims.data.exp * 1000 : undefined;
  }

  /** A statement that gives a returning page its connection id back, on any node. */
  async issueResume({ sid, gsid, userid }: ResumeStatement): Promise<string> {
    return await sign(first(this.#resume), { sid, gsid }, userid, resumeAudience, Date.now() + resumeLifetimeMs);
  }

  async verifyResume(token: string): Promise<ResumeStatement | undefined> {
    const claims = resumeClaims.safeParse(await verify(this.#resume, token, resumeAudience));
    return claims.success ? { sid: claims.data.sid, gsid: claims.data.gsid, userid: claims.data.sub } : undefined;
  }
}

function derive(secret: string, use: string): DerivedKey {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', `express-actionlog ${use} v1`, 32));
  const kid = createHash('sha256').update('kid').update(bytes).digest('base64url').slice(0, 8);
  return { kid, key: createSecretKey(bytes) };
}

function first(keys: readonly DerivedKey[]): DerivedKey {
  const [key] = keys;
  if (!key) throw new TypeError('StreamKeys: no secret to sign with');
  return key;
}

function relaySignature(key: KeyObject, { id, timestamp, body }: SignedRelay): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

async function sign(
  { kid, key }: DerivedKey,
  claims: JWTPayload,
  subject: string,
  audience: string,
  expiresAt: number,
): Promise<string> {
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid })
    .setSubject(subject)
    .setAudience(audience)
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(key);
}

async function verify(
  keys: readonly DerivedKey[],
  token: string,
  audience: string,
  clockTolerance = 0,
): Promise<JWTPayload | undefined> {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined; // jose would overlook spaces
  try {
    const { payload } = await jwtVerify(
      token,
      (header) => {
        const key = keys.find(({ kid }) => kid === header.kid);
        if (!key) throw new errors.JWSSignatureVerificationFailed();
        return key.key;
      },
      {
        algorithms: ['HS256'],
        audience,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(Date.now()),
        clockTolerance,
      },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
