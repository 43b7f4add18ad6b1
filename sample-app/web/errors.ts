import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { ShowPage } from './page.ts';

/** What a reader is told; never the error's own message, which may name what is none of his business. */
const texts = new Map<number, [title: string, text: string]>([
  [401, ['Not signed in', 'Sign in to see this page.']],
  [403, ['Not allowed', 'This page is not for your account.']],
  [404, ['Not found', 'There is nothing at this address, or it belongs to somebody else.']],
  [413, ['Too much', 'The form is larger than this server takes.']],
  [429, ['Too many tries', 'Wait a few minutes before you try again.']],
]);
const unreadable: [string, string] = ['Bad request', 'The server could not read this request.'];
const staleForm: [string, string] = [
  'This form is out of date',
  'Your sign-in has changed since the page was opened. Nothing was saved: go back, reload the page and try again.',
];
const broken: [string, string] = [
  'Something went wrong',
  'Nothing you did. Try again; the details are in the server’s log.',
];

export function notFound(showPage: ShowPage): RequestHandler {
  return (req, res) => errorPage(showPage, req, res, 404);
}

export function errorPages(showPage: ShowPage): ErrorRequestHandler {
  return async (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const { status, code } = error as { status?: unknown; code?: unknown };
    const known = typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
    if (known === 500) console.error(error);
    await errorPage(showPage, req, res, known, code === 'EBADCSRFTOKEN' ? staleForm : undefined);
  };
}

async function errorPage(
  showPage: ShowPage,
  req: Request,
  res: Response,
  status: number,
  [title, text] = texts.get(status) ?? (status < 500 ? unreadable : broken),
): Promise<void> {
  try {
    await showPage(req, res, 'error', { title, text, status, here: '/products' });
  } catch (error) {
    console.error(error); // the layout reads the open records: without the database there is no layout
    if (!res.headersSent) res.status(status).type('text').send(`${title}. ${text}`);
  }
}
