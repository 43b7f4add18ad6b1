import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import cookieParser from 'cookie-parser';
import express, { type Request } from 'express';
import { createActionlog, type Logged, signedSession, streamFromEnv } from 'express-actionlog';
import { type Prisma, PrismaClient } from './generated/prisma/client.ts';

const { DATABASE_URL = 'mysql://app@127.0.0.1/erp', PORT = '3000', SESSION_SECRET = '' } = process.env;

export const prisma = new PrismaClient({ adapter: new PrismaMariaDb(DATABASE_URL) });
export const actionlog = createActionlog({
  database: DATABASE_URL, // Prisma's driver is another one: the log has a pool of its own
  session: signedSession({ secrets: [SESSION_SECRET] }),
  stream: streamFromEnv(process.env),
});

/**
 * The `connection` of `logaction`: runs the INSERT of an entry inside of an interactive transaction of Prisma's. That
 * tells how many rows it wrote and not which, so the database is asked, on the same connection.
 */
function on(tx: Prisma.TransactionClient) {
  return async (text: string, params: (string | number | null)[]) => {
    await tx.$executeRawUnsafe(text, ...params);
    const [row] = await tx.$queryRaw<{ insertId: bigint }[]>`SELECT LAST_INSERT_ID() AS insertId`;
    return { insertId: row?.insertId ?? 0 };
  };
}

/** Adds all of these products with their entries, or none. */
async function addProducts(req: Request, names: string[]): Promise<void> {
  const entries: Logged[] = [];
  try {
    await prisma.$transaction(async (tx) => {
      for (const name of names) {
        const { productid } = await tx.product.create({ data: { name } });
        const record = { rectype: 'product', recid: productid };
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
