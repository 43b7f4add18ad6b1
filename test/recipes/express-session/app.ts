import express from 'express';
import { createActionlog, streamFromEnv } from 'express-actionlog';
import session from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-local';

const { DATABASE_URL = 'sqlite:./actionlog.db', PORT = '3000', SESSION_SECRET = '' } = process.env;

declare global {
  namespace Express {
    interface User {
      id: number;
      customer: number;
      login: string;
    }
  }
}
declare module 'express-session' {
  interface SessionData {
    signedInAt: number;
  }
}

// Your users, in a table of yours, where a hash of the password stands.
const users: Express.User[] = [{ id: 42, customer: 3, login: 'ann' }];
const isPassword = (user: Express.User, password: string) => password === `${user.login}'s password`;

passport.use(
  new Strategy({ usernameField: 'login' }, (login, password, done) => {
    const user = users.find((one) => one.login === login);
    done(null, user && isPassword(user, password) ? user : false);
  }),
);
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, users.find((user) => user.id === id) ?? false));

export const actionlog = createActionlog({
  database: DATABASE_URL,
  session: ({ user, session, sessionID }) =>
    user && {
      userid: user.id,
      gsid: user.customer,
      login: user.login,
      signedInAt: session.signedInAt, // so that revoke() refuses older sessions
      sessionId: sessionID, // so that signOut() closes the pages of this session, and no others
      endsAt: session.cookie.expires?.getTime(), // so that pages ask again when it ends
    },
  stream: streamFromEnv(process.env),
});

const app = express();
app.use(express.json());
app.use(
  session({ secret: SESSION_SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: 3_600_000 } }),
  passport.session(),
  actionlog.middleware(), // after passport: it needs req.user
);
app.use('/actionlog', actionlog.routes());

app.post('/sign-in', passport.authenticate('local'), async (req, res) => {
  req.session.signedInAt = Date.now();
  // the middleware has read this request before anybody had signed in: so it is said for whom
  const { id, customer, login } = req.user as Express.User;
  await actionlog.as({ userid: id, gsid: customer, login }).logaction('signed in');
  res.json({ login });
});

app.post('/sign-out', actionlog.requireActor(), async (req, res, next) => {
  await req.logaction('signed out');
  actionlog.signOut(req, res); // closes the pages
  req.logout((error) => (error ? next(error) : res.status(204).end())); // ends the session
});

app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
  const { id } = req.params;
  await req.logaction(`updated product ${id}`, req.body, { rectype: 'product', recid: id });
  res.json({ saved: true });
});

// A laptop was lost: all of the user's sessions end, on every application server, and all his pages close.
app.post('/end-my-sessions', actionlog.requireActor(), async (req, res) => {
  const { userid, gsid } = req.actor ?? {};
  if (userid) await actionlog.revoke({ userid, gsid });
  res.json({ ended: true });
});

export const server = app.listen(Number(PORT));
