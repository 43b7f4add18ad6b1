import cookieParser from 'cookie-parser';
import express, { type Request } from 'express';
import { createActionlog, type Logged, signedSession, streamFromEnv } from 'express-actionlog';
import createKnex, { type Knex } from 'knex';

const { DATABASE_URL = 'mysql://app@127.0.0.1/erp', PORT = '3000', SESSION_SECRET = '' } = process.env;

export const knex = createKnex({ client: 'mysql2', connection: DATABASE_URL });
export const actionlog = createActionlog({
  database: DATABASE_URL, // Knex keeps its pool to itself: the log has one of its own
  session: signedSession({ secrets: [SESSION_SECRET] }),
  stream: streamFromEnv(process.env),
});

/** The `connection` of `logaction`: runs the INSERT of an entry inside of a transaction of Knex's. */
function on(trx: Knex.Transaction) {
  return async (text: string, params: (string | number | null)[]) => {
    const [{ insertId }] = await trx.raw(text, params);
    return { insertId };
  };
}

/** Adds all of these products with their entries, or none. */
async function addProducts(req: Request, names: string[]): Promise<void> {
  const entries: Logged[] = [];
  try {
    await knex.transaction(async (trx) => {
      for (const name of names) {
        const [recid = 0] = await trx('product').insert({ name });
        const record = { rectype: 'product', recid };
        entries.push(await req.logaction(`added ${name}`, { name }, record, { connection: on(trx) }));
      }
    });
  } catch (error) {
    for (const entry of entries) entry.rolledBack();
    throw error;
  }
  for (const entry of entries) entry.committed(); // announces them; need not be awaited
}

const app = express();
app.use(cookieParser(), actionlog.middleware(), express.json());
app.post('/sign-in', (req, res) => {
  res.json(actionlog.signIn(req, res, { userid: 42, gsid: 3, login: 'ann' })); // check a password here
});
app.post('/products', actionlog.requireActor(), async (req, res) => {
  const { names } = req.body as { names: string[] }; // check its form here
  await addProducts(req, names);
  res.status(201).json({ added: names.length });
});

export const server = app.listen(Number(PORT));
