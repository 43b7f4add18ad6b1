import { type Selectable, sql } from 'kysely';
import type { Database, ProductTable } from '../database.ts';

export type Product = Selectable<ProductTable>;

/** What a user may edit. */
export type ProductValues = Pick<Product, 'name' | 'price' | 'stock' | 'notes'>;

/** The products, of one tenant at a time. */
export class ProductRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** At most 200 whose name or notes contain the text. */
  list(gsid: string, search: string): Promise<Product[]> {
    // `!` escapes in both databases; a backslash would itself need escaping in MySQL alone.
    const like = `%${search.replace(/[!%_]/g, '!$&')}%`;
    return this.#db
      .selectFrom('sample_products')
      .selectAll()
      .where('gsid', '=', Number(gsid))
      .$if(search !== '', (query) =>
        query.where(({ or, ref }) =>
          or([
            sql<boolean>`${ref('name')} like ${like} escape '!'`,
            sql<boolean>`${ref('notes')} like ${like} escape '!'`,
          ]),
        ),
      )
      .orderBy('name')
      .limit(200)
      .execute();
  }

  find(gsid: string, id: number): Promise<Product | undefined> {
    return this.#db
      .selectFrom('sample_products')
      .selectAll()
      .where('gsid', '=', Number(gsid))
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /** Those of the ids that are there, in the order given. */
  async findMany(gsid: string, ids: readonly number[]): Promise<Product[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom('sample_products')
      .selectAll()
      .where('gsid', '=', Number(gsid))
      .where('id', 'in', ids)
      .execute();
    return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
  }

  /**
   * Changes a product that is still at the version named.
   *
   * @returns whether it was: `false` means that somebody else was faster, and nothing is changed
   */
  async update(gsid: string, id: number, version: number, values: ProductValues): Promise<boolean> {
    const result = await this.#db
      .updateTable('sample_products')
      .set({ ...values, version: version + 1 })
      .where('gsid', '=', Number(gsid))
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }
}
