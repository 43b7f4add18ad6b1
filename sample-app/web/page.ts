import type { Request, Response } from 'express';
import type { ProductRepository } from '../repositories/products.ts';
import { tenants } from '../tenants.ts';
import type { Csrf } from './csrf.ts';
import { takeFlash } from './flash.ts';
import { format } from './format.ts';
import { openTabs, tabBar, withTab, withTabs } from './tabs.ts';

/** What a view is given beside its own data. */
export interface PageData {
  title: string;
  /** Address of this page without its query, also where it answers a form. */
  here: string;
  status?: number;
  /** The product that this page shows: its tab is the current one. */
  productid?: number;
  [name: string]: unknown;
}

/** Sends a view inside the layout: header, tab bar, message. */
export type ShowPage = (req: Request, res: Response, view: string, data: PageData) => Promise<void>;

/** What every view and fragment may use. */
export function viewHelpers(req: Request, tabs = openTabs(req)) {
  return { actor: req.actor, format, link: (path: string, open = tabs) => withTabs(path, open), withTab, tabs };
}

export function createShowPage(products: ProductRepository, csrf: Csrf, testPage: boolean): ShowPage {
  return async (req, res, view, { title, here, status = 200, productid, ...data }) => {
    const { actor } = req;
    const wanted = productid === undefined ? openTabs(req) : withTab(openTabs(req), productid);
    const records = actor ? await products.findMany(actor.gsid, wanted) : [];
    const tabs = records.map((record) => record.id);
    res.status(status).render(view, {
      ...viewHelpers(req, tabs),
      ...data,
      title,
      view,
      productid,
      here,
      testPage,
      tenant: actor && tenants.get(actor.gsid),
      isAdmin: actor?.groups.includes('admins') ?? false,
      tabBar: tabBar(records, { id: productid, here }),
      flash: takeFlash(req, res),
      csrf: csrf.token(req, res),
    });
  };
}
