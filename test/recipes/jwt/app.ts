import cookieParser from 'cookie-parser';
import express, { type Request } from 'express';
import { createActionlog, type SessionUser, streamFromEnv } from 'express-actionlog';
import { errors, jwtVerify, SignJWT } from 'jose';

const { DATABASE_URL = 'sqlite:./actionlog.db', PORT = '3000', JWT_SECRET = '' } = process.env;

const key = new TextEncoder().encode(JWT_SECRET); // or a public key, or createRemoteJWKSet(…) of who issues your tokens
const rules = { algorithms: ['HS256'], issuer: 'https://shop.example.com', audience: 'shop' };

interface Claims {
  tenant: string;
  login: string;
  /** When the user gave a password, Unix time in seconds, with a fraction; a token that was refreshed keeps it. */
  auth_time: number;
}

/** The user of a token: from the header of a program, or from the cookie of a page. */
async function userOf(req: Request): Promise<SessionUser | undefined> {
  const [, bearer] = /^Bearer (\S+)$/i.exec(req.get('Authorization') ?? '') ?? [];
  const { token: ofPage } = req.cookies;
  const token: unknown = bearer ?? ofPage;
  if (typeof token !== 'string') return undefined;
  try {
    const { payload } = await jwtVerify<Claims>(token, key, { ...rules, requiredClaims: ['sub', 'exp', 'auth_time'] });
    const { sub = '', tenant, login, auth_time, exp = 0 } = payload;
    return { userid: sub, gsid: tenant, login, signedInAt: Math.round(auth_time * 1000), endsAt: exp * 1000 };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined; // expired, forged, or meant for somebody else
    throw error;
  }
}

export const actionlog = createActionlog({
  database: DATABASE_URL,
  session: userOf,
  stream: streamFromEnv(process.env),
});

const app = express();
app.use(cookieParser(), actionlog.middleware(), express.json());
app.use('/actionlog', actionlog.routes());

// In your app another service may do this.
app.post('/sign-in', async (_req, res) => {
  const claims: Claims = { tenant: '3', login: 'ann', auth_time: Date.now() / 1000 }; // check a password here
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(rules.issuer)
    .setAudience(rules.audience)
    .setSubject('42')
    .setExpirationTime('15m')
    .sign(key);
  res.cookie('token', token, { httpOnly: true, sameSite: 'lax', secure: app.get('env') === 'production' });
  res.json({ token });
});

app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
  const { id } = req.params;
  await req.logaction(`updated product ${id}`, req.body, { rectype: 'product', recid: id });
  res.json({ saved: true });
});

export const server = app.listen(Number(PORT));
