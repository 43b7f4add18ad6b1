import cookieParser from 'cookie-parser';
import { sql } from 'drizzle-orm';
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import express, { type Request } from 'express';
import { createActionlog, type Logged, signedSession, streamFromEnv } from 'express-actionlog';
import { createPool } from 'mysql2/promise';

const { DATABASE_URL = 'mysql://app@127.0.0.1/erp', PORT = '3000', SESSION_SECRET = '' } = process.env;

const product = mysqlTable('product', {
  productid: int().primaryKey().autoincrement(),
  name: varchar({ length: 255 }).notNull().unique(),
});

export const pool = createPool(DATABASE_URL); // one for both: Drizzle and the log
const db = drizzle(pool);
export const actionlog = createActionlog({
  database: pool,
  session: signedSession({ secrets: [SESSION_SECRET] }),
  stream: streamFromEnv(process.env),
});

/**
 * The `connection` of `logaction`: runs the INSERT of an entry inside of a transaction of Drizzle's, whose raw statements
 * are templates: so the placeholders are put in one by one.
 */
function on(tx: Parameters<Parameters<typeof db.transaction>[0]>[0]) {
  return async (text: string, params: (string | number | null)[]) => {
    const [first = '', ...rest] = text.split('?');
    const query = sql.raw(first);
    rest.forEach((part, index) => {
      query.append(sql`${sql.param(params[index])}`).append(sql.raw(part));
    });
    const [{ insertId }] = await tx.execute(query);
    return { insertId };
  };
}

/** Adds all of these products with their entries, or none. */
async function addProducts(req: Request, names: string[]): Promise<void> {
  const entries: Logged[] = [];
  try {
    await db.transaction(async (tx) => {
      for (const name of names) {
        const [{ insertId }] = await tx.insert(product).values({ name });
        const record = { rectype: 'product', recid: insertId };
        entries.push(await req.logaction(`added ${name}`, { name }, record, { connection: on(tx) }));
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
