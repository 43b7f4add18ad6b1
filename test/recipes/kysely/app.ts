import cookieParser from 'cookie-parser';
import express, { type Request } from 'express';
import { createActionlog, type Logged, signedSession, streamFromEnv } from 'express-actionlog';
import { CompiledQuery, type Generated, Kysely, MysqlDialect, type Transaction } from 'kysely';
import { createPool } from 'mysql2';

const { DATABASE_URL = 'mysql://app@127.0.0.1/erp', PORT = '3000', SESSION_SECRET = '' } = process.env;

interface Tables {
  product: { productid: Generated<number>; name: string };
}

const pool = createPool(DATABASE_URL); // one for both: Kysely and the log
export const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
export const actionlog = createActionlog({
  database: pool,
  session: signedSession({ secrets: [SESSION_SECRET] }),
  stream: streamFromEnv(process.env),
});

/** The `connection` of `logaction`: runs the INSERT of an entry inside of a transaction of Kysely's. */
function on(trx: Transaction<Tables>) {
  return async (text: string, params: (string | number | null)[]) => {
    const { insertId } = await trx.executeQuery(CompiledQuery.raw(text, params));
    return { insertId: insertId ?? 0 };
  };
}

/** Adds all of these products with their entries, or none. */
async function addProducts(req: Request, names: string[]): Promise<void> {
  const entries: Logged[] = [];
  try {
    await db.transaction().execute(async (trx) => {
      for (const name of names) {
        const { insertId } = await trx.insertInto('product').values({ name }).executeTakeFirstOrThrow();
        const record = { rectype: 'product', recid: insertId ?? 0 };
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
