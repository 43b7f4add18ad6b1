import { fileURLToPath } from 'node:url';
import cookieParser from 'cookie-parser';
import ejs from 'ejs';
import express, { type Express, type Router } from 'express';
import type { Actionlog } from 'express-actionlog';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import { ProductRepository } from './repositories/products.ts';
import { UserRepository } from './repositories/users.ts';
import { adminRoutes } from './routes/admin.ts';
import { productRoutes } from './routes/products.ts';
import { sessionRoutes } from './routes/session.ts';
import { streamtestRoutes } from './routes/streamtest.ts';
import { createCsrf } from './web/csrf.ts';
import { errorPages, notFound } from './web/errors.ts';
import { noStore, securityHeaders } from './web/headers.ts';
import { createShowPage } from './web/page.ts';

const folder = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface AppParts {
  config: Pick<Config, 'sessionSecrets' | 'testPage' | 'trustProxy' | 'production'>;
  db: Database;
  actionlog: Actionlog;
  /** Where pages find the streaming server: an address, or a path of this app. */
  streamUrl: string;
}

/** The Express app over an open database and an action log; it opens nothing and closes nothing. */
export function createApp({ config, db, actionlog, streamUrl }: AppParts): Express {
  const products = new ProductRepository(db);
  const users = new UserRepository(db);
  const csrf = createCsrf(config.sessionSecrets);
  const showPage = createShowPage(products, csrf, config.testPage);

  const app = express();
  app.set('trust proxy', config.trustProxy);
  app.disable('x-powered-by');
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.set('views', folder('views'));
  app.set('view cache', config.production);

  app.use((_req, res, next) => {
    res.locals['since'] = Date.now(); // before anything is read: what changes from here on, the page is told
    next();
  });
  app.use(securityHeaders(streamUrl));
  app.use('/static', express.static(folder('public')));
  app.use(noStore, cookieParser(), csrf.prepare, actionlog.middleware());
  app.use('/actionlog', actionlog.routes());
  app.use(express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 50 }), csrf.protect);

  app.get('/', (_req, res) => res.redirect(303, '/products'));
  app.use(sessionRoutes({ actionlog, users, csrf, showPage }));
  app.use('/products', productRoutes({ actionlog, products, users, showPage }));
  app.use('/activity', activityPage(actionlog, users));
  app.use('/admin', adminRoutes({ actionlog, users, showPage }));
  if (config.testPage) app.use('/streamtest', streamtestRoutes({ actionlog, showPage }));
  app.use(notFound(showPage));
  app.use(errorPages(showPage));
  return app;
}

/** The package's viewer: whoever is signed in may see what his shop does. */
function activityPage(actionlog: Actionlog, users: UserRepository): Router {
  return actionlog.viewer({
    authorize: () => true,
    homeUrl: '/products',
    homeName: 'Stockroom',
    recordUrl: (rectype, recid) => (rectype === 'product' ? `/products/${encodeURIComponent(recid)}` : undefined),
    userNames: (_userids, { gsid }) => users.names(gsid),
  });
}
