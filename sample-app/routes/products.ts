import { type Request, type Response, Router } from 'express';
import { type Actionlog, actorOf } from 'express-actionlog';
import type { Product, ProductRepository } from '../repositories/products.ts';
import type { UserRepository } from '../repositories/users.ts';
import { showEntries } from '../web/entries.ts';
import { flash } from '../web/flash.ts';
import { type ShowPage, viewHelpers } from '../web/page.ts';
import { openTabs, withTab, withTabs } from '../web/tabs.ts';
import { changesOf, formOf, type ParsedForm, parseForm, versionOf } from './product-form.ts';

export interface ProductRoutes {
  actionlog: Actionlog;
  products: ProductRepository;
  users: UserRepository;
  showPage: ShowPage;
}

export function productRoutes({ actionlog, products, users, showPage }: ProductRoutes): Router {
  const router = Router();
  router.use(actionlog.requireActor());

  router.get('/', async (req, res) => {
    const search = typeof req.query['q'] === 'string' ? req.query['q'].trim().slice(0, 100) : '';
    const list = await products.list(actorOf(req).gsid, search);
    await showPage(req, res, 'products', { title: 'Products', here: '/products', list, search });
  });

  // The newest versions of the open records, for a page that was not connected for a while.
  router.get('/versions', async (req, res) => {
    const { gsid } = actorOf(req);
    const open = await products.findMany(gsid, openTabs(req));
    const versions = open.map(async ({ id, version }) => {
      const [last] = await historyOf(gsid, id, 1);
      return { id: String(id), version, by: last?.who, userid: last?.userid, at: last?.time };
    });
    res.json(await Promise.all(versions));
  });

  router.get('/:id', async (req, res, next) => {
    const product = await find(req);
    if (!product) return next();
    await showProduct(req, res, product, { typed: formOf(product) });
  });

  // One row of the list, for a page whose list shows the product as it was.
  router.get('/:id/row', async (req, res, next) => {
    const product = await find(req);
    if (!product) return next();
    res.render('partials/product-row', { ...viewHelpers(req), product });
  });

  router.post('/:id', async (req, res, next) => {
    const { gsid, dispname } = actorOf(req);
    const product = await find(req);
    if (!product) return next();
    const form = parseForm(req.body);
    if (!('values' in form)) return showProduct(req, res, product, form, 422);

    const body = req.body as Record<string, unknown>;
    const knownConflict = body['__tabconflicted'] === '1';
    const back = withTabs(`/products/${product.id}`, withTab(openTabs(req), product.id));
    const changes = changesOf(product, form.values);
    const upToDate = knownConflict || versionOf(body) === product.version;
    if (upToDate && Object.keys(changes).length === 0) {
      flash(req, res, 'unchanged');
      return res.redirect(303, back);
    }
    if (!upToDate || !(await products.update(gsid, product.id, product.version, form.values))) {
      return showConflict(req, res, product.id, form);
    }

    await req.logaction(
      `updated product ${form.values.name}`,
      changes,
      { rectype: 'product', recid: product.id },
      // Pages that already show this version have nothing to warn about.
      { extra: { version: product.version + 1, by: dispname } },
    );
    flash(req, res, knownConflict ? 'saved-anyway' : 'saved');
    res.redirect(303, back);
  });

  async function find(req: Request<{ id: string }>): Promise<Product | undefined> {
    const { id } = req.params;
    return /^[1-9]\d{0,8}$/.test(id) ? products.find(actorOf(req).gsid, Number(id)) : undefined;
  }

  async function historyOf(gsid: string, recid: number, limit = 20) {
    const entries = await actionlog.history({ gsid, rectype: 'product', recid, limit });
    return showEntries(entries, await users.names(gsid));
  }

  async function showProduct(
    req: Request,
    res: Response,
    product: Product,
    form: Pick<ParsedForm, 'typed'> & { errors?: Record<string, string> },
    status = 200,
  ): Promise<void> {
    const { typed, errors = {} } = form;
    const history = await historyOf(actorOf(req).gsid, product.id);
    // A form that was refused still belongs to the version that it was filled from.
    const version = status === 200 ? product.version : versionOf(req.body);
    const here = `/products/${product.id}`;
    const data = { title: product.name, here, productid: product.id, product, typed, errors, version, history };
    await showPage(req, res, 'product', { ...data, status });
  }

  /** The conflict without scripts: somebody else saved first. Both values, and the choice. */
  async function showConflict(req: Request, res: Response, id: number, { typed }: ParsedForm): Promise<void> {
    const { gsid } = actorOf(req);
    const product = await products.find(gsid, id);
    if (!product) throw Object.assign(new Error('the product is gone'), { status: 404 });
    const [last] = await historyOf(gsid, id, 1);
    const names = { title: `Conflict: ${product.name}`, here: `/products/${id}`, productid: id };
    const data = { ...names, product, typed, theirs: formOf(product), last };
    await showPage(req, res, 'conflict', { ...data, status: 409 });
  }

  return router;
}
