import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import type { HistoryQuery } from '../action/history-query.ts';
import { actorOf, wantsPage } from '../session/guards.ts';
import type { AnyRequestHandler } from '../session/session.ts';
import { readAssets } from './assets.ts';
import { Days } from './days.ts';
import { setPageHeaders } from './headers.ts';
import { historyQuery, readHistory } from './history-search.ts';
import { badSearchPage, forbiddenPage, listPage } from './list-page.ts';
import { baseOf, type Frame } from './page.ts';
import { type EntrySource, listOf } from './read-list.ts';
import { type Problems, parseSearch, type Search } from './search.ts';
import type { CheckedViewerOptions, SignedInRequest } from './viewer-options.ts';

/** What the viewer stands on. */
export interface ViewerParts {
  source: EntrySource;
  /** Lets only signed-in users pass. */
  requireActor: AnyRequestHandler;
  /** The routes of the page's client. */
  live: Router;
  /** Where the page's web socket goes; undefined where the application does not stream. */
  socketUrl: (req: Request) => string | undefined;
}

const exportTypes = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const;

/** The viewer: its page, its exports, its files, and what its page needs to be live. */
export function viewerRouter(options: CheckedViewerOptions, parts: ViewerParts): Router {
  const router = Router({ strict: true });
  const { source, requireActor, live, socketUrl } = parts;
  const assets = readAssets();
  const days = new Days(options.locale, options.timeZone);
  const frameOf = (req: Request): Frame => ({
    ...{ options, base: baseOf(req), assetVersion: assets.version, since: Date.now() },
  });

  const admit = handler(async (req, res, next) => {
    if ((await options.authorize(req as SignedInRequest)) === true) return next();
    setPageHeaders(req, res, undefined);
    res.status(403);
    if (wantsPage(req)) res.type('html').send(forbiddenPage(frameOf(req)));
    else res.json({ error: { code: 'not-allowed', message: 'the activity log is not open to this user' } });
  });
  /** Has a search answered that is right; one that is wrong gets the page that says so. */
  const searching = (answer: (req: Request, res: Response, asked: Asked) => Promise<Problems | undefined>) =>
    handler(async (req, res) => {
      const left = leavingOf(res);
      setPageHeaders(req, res, socketUrl(req));
      const { search, problems } = parseSearch(req.query);
      const query = problems ? { problems } : historyQuery(search, actorOf(req), days);
      const wrong =
        query.problems ?? (await answer(req, res, { search, query: query.found, left }).catch(unlessLeft(left)));
      if (wrong)
        res
          .status(400)
          .type('html')
          .send(badSearchPage(frameOf(req), search, wrong));
    });

  router.get('/assets/:version/:name', assets.serve);
  router.use('/live', requireActor, admit, live);
  router.get(
    '/',
    ...[requireActor, admit],
    searching(async (req, res, { search, query, left }) => {
      const frame = frameOf(req); // before anything is read: what changes from here on, the page is told
      const read = await readHistory(query, () => source.history({ ...query, limit: options.pageSize + 1 }, left));
      if (read.problems) return read.problems;
      const content = await listOf({ source, options, days }, search, read.found, actorOf(req));
      res.type('html').send(listPage(frame, content));
      return undefined;
    }),
  );
  for (const form of ['csv', 'jsonl'] as const) {
    router.get(
      `/export.${form}`,
      ...[requireActor, admit],
      searching(async (req, res, { query, left }) => {
        const name = `activity-${days.dateOf(Date.now())}.${form}`;
        const head = { 'Content-Type': exportTypes[form], 'Content-Disposition': `attachment; filename="${name}"` };
        if (req.method === 'HEAD') {
          res.set(head).end();
          return undefined;
        }
        const found = source.history(query, left);
        const file = form === 'csv' ? found.csv({ bom: true }) : found.jsonLines();
        const { problems } = await readHistory(query, () => once(file, 'readable')); // what fails, fails before the file begins
        if (problems) return problems;
        if (res.destroyed) file.destroy();
        else await pipeline(file, res.set(head)).catch(leftAlone);
        return undefined;
      }),
    );
  }
  return router;
}

/** What is asked of the viewer, and a signal that is aborted where the reader leaves before the answer. */
interface Asked {
  search: Search;
  query: HistoryQuery;
  left: AbortSignal;
}

function leavingOf(res: Response): AbortSignal {
  const left = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) left.abort();
  });
  return left.signal;
}

/** A search that ends because the reader has left has not failed. */
function unlessLeft(left: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!left.aborted || error !== left.reason) throw error;
    return undefined;
  };
}

const goneCodes = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE', 'ERR_STREAM_DESTROYED'];

/** A reader who ends the download has not met an error. */
function leftAlone(error: NodeJS.ErrnoException): void {
  if (!goneCodes.includes(error.code ?? '')) throw error;
}

/** An async handler whose failure goes to `next(err)`, which Express 4 does not do by itself. */
function handler(handle: (req: Request, res: Response, next: NextFunction) => Promise<void>): RequestHandler {
  return (req, res, next) => {
    handle(req, res, next).catch(next);
  };
}
