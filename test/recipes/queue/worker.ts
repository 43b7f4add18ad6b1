import { Worker } from 'bullmq';
import { createActionlog, streamFromEnv } from 'express-actionlog';
import { queueName, type Repricing } from './repricing.ts';

const {
  DATABASE_URL = 'mysql://app@127.0.0.1/erp',
  REDIS_URL = 'redis://127.0.0.1:6379',
  WAREHOUSE_URL = 'http://127.0.0.1:4000/prices',
} = process.env;

export const actionlog = createActionlog({
  database: DATABASE_URL,
  session: () => undefined, // there are no requests here
  stream: streamFromEnv(process.env),
});

export const worker = new Worker<Repricing>(
  queueName,
  async ({ id = '', data: { by, wssid, productid, price } }) => {
    const user = actionlog.as(by, { wssid });
    // Change, entry and mark stand or fall together. A job that is tried again finds its mark.
    await actionlog.transaction(async (tx, log) => {
      const [{ affectedRows }] = await tx.execute<{ affectedRows: number }>(
        'INSERT IGNORE INTO job_done (jobid) VALUES (?)',
        [id],
      );
      if (affectedRows === 0) return;
      await tx.execute('UPDATE product SET price = ? WHERE productid = ?', [price, productid]);
      await log(user, `set a price of ${price}`, { price }, { rectype: 'product', recid: productid });
    });
    // Where this fails, all of the job is tried again. The id tells the warehouse what it has heard before.
    const told = await fetch(WAREHOUSE_URL, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ productid, price }),
    });
    if (!told.ok) throw new Error(`the warehouse answered ${told.status}`);
  },
  { connection: { url: REDIS_URL } },
);

/** Ends in order: the job that is under way, then what is being announced. */
export async function stop() {
  await worker.close();
  await actionlog.close();
}

process.once('SIGTERM', stop);
