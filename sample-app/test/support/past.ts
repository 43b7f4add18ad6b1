import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Response } from 'supertest';
import type { Running } from '../../app.ts';
import { startSample } from './sample.ts';
import { Visitor } from './visitor.ts';

const dayMs = 86_400_000;

/** A running sample app whose bike shop has worked for some days: the log has something to show. */
export async function startSampleWithPast(t: TestContext, env: Record<string, string> = {}): Promise<Running> {
  const today = new Date().setHours(0, 0, 0, 0);
  t.mock.timers.enable({ apis: ['Date'], now: today - 3 * dayMs });
  const sample = await startSample(t, env);
  const at = async (daysAgo: number, hours: number, minutes: number, login: string) => {
    t.mock.timers.setTime(today - daysAgo * dayMs + (hours * 60 + minutes) * 60_000);
    return await Visitor.signedIn(sample, login);
  };
  const saved = ({ status }: Response) => assert.equal(status, 303);

  const morning = await at(2, 8, 55, 'bikes-stock');
  saved(await morning.change(1, { stock: '60' }));
  const manager = await at(2, 9, 20, 'bikes-admin');
  saved(await manager.change(3, { price: '699.00', notes: 'Assemble and test the brakes. Helmet included.' }));
  const afternoon = await at(2, 16, 5, 'bikes-stock');
  saved(await afternoon.change(7, { stock: '24', notes: 'New colours: moss and sand.' }));

  const sales = await at(1, 10, 12, 'bikes-sales');
  const opened = await sales.productForm(1);
  const stock = await at(1, 10, 14, 'bikes-stock');
  saved(await stock.change(1, { notes: 'Organic compound, sold in pairs. Shelf B4.' }));
  saved(await sales.post('/products/1', { ...opened, price: '13.90', __tabconflicted: '1' }));
  const evening = await at(1, 17, 40, 'bikes-admin');
  saved(await evening.change(6, { name: 'Rear light, USB-C', notes: 'Lasts for 12 hours.' }));
  t.mock.timers.reset();
  return sample;
}
