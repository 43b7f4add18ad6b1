import type { Insertable } from 'kysely';
import type { Database, ProductTable } from './database.ts';
import { hashPassword } from './passwords.ts';

/** The password of every seeded user: this is a sample. */
export const samplePassword = 'two-browsers';

/** Who is there after the first start. */
export const sampleUsers = [
  { gsid: 1, login: 'bikes-sales', dispname: 'Sales desk', groupnames: 'users' },
  { gsid: 1, login: 'bikes-stock', dispname: 'Stockroom', groupnames: 'users' },
  { gsid: 1, login: 'bikes-admin', dispname: 'Shop manager', groupnames: 'users|admins' },
  { gsid: 2, login: 'flowers-sales', dispname: 'Flower counter', groupnames: 'users' },
  { gsid: 2, login: 'flowers-admin', dispname: 'Flower manager', groupnames: 'users|admins' },
] as const;

type Product = Omit<Insertable<ProductTable>, 'version'>;

const products: Product[] = [
  { gsid: 1, name: 'Brake pads', price: 1450, stock: 84, notes: 'Organic compound, sold in pairs.' },
  { gsid: 1, name: 'Chain, 11 speed', price: 3290, stock: 31, notes: '' },
  {
    gsid: 1,
    name: 'City bike, 28 inch',
    price: 74900,
    stock: 4,
    notes: 'Assemble and test the brakes before delivery.',
  },
  { gsid: 1, name: 'Floor pump', price: 3995, stock: 17, notes: 'With gauge, for both kinds of valve.' },
  { gsid: 1, name: 'Inner tube, 28 inch', price: 690, stock: 212, notes: '' },
  { gsid: 1, name: 'Rear light', price: 2450, stock: 40, notes: 'Charges by USB-C.' },
  { gsid: 1, name: 'Saddle bag', price: 1990, stock: 0, notes: 'Back in stock next month.' },
  { gsid: 1, name: 'Touring tyre, 28 inch', price: 3650, stock: 26, notes: '' },
  { gsid: 2, name: 'Clay pot, 18 cm', price: 850, stock: 63, notes: '' },
  { gsid: 2, name: 'Lavender, potted', price: 490, stock: 120, notes: 'Water sparingly.' },
  { gsid: 2, name: 'Meadow bouquet', price: 2400, stock: 8, notes: 'Made fresh every morning.' },
  { gsid: 2, name: 'Potting soil, 20 l', price: 799, stock: 55, notes: 'Peat free.' },
  { gsid: 2, name: 'Rose, red, single', price: 320, stock: 140, notes: '' },
];

/** Fills the tables where they are empty. */
export async function seed(db: Database): Promise<void> {
  if (!(await db.selectFrom('sample_users').select('id').limit(1).executeTakeFirst())) {
    const rows = sampleUsers.map(async (user) => ({ ...user, password: await hashPassword(samplePassword) }));
    await db
      .insertInto('sample_users')
      .values(await Promise.all(rows))
      .execute();
  }
  if (!(await db.selectFrom('sample_products').select('id').limit(1).executeTakeFirst())) {
    await db
      .insertInto('sample_products')
      .values(products.map((product) => ({ ...product, version: 1 })))
      .execute();
  }
}
