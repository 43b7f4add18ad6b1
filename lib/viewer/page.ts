import type { Request } from 'express';
import { type Html, html } from './html.ts';
import type { CheckedViewerOptions } from './viewer-options.ts';

/** What stands around every page. */
export interface Frame {
  options: CheckedViewerOptions;
  /** From the page's address to the viewer's own paths, with a slash at its end. */
  base: string;
  assetVersion: string;
  /** When the rendering began, Unix time in milliseconds: what is changed from then on, the page is told. */
  since: number;
}

/** What one page consists of. */
export interface PageParts {
  /** For the window's title. */
  title: string;
  heading: Html;
  body: Html;
  /** Whether the page has its script, which keeps it live. */
  live?: boolean;
}

/**
 * The way from a page to the viewer's own paths, without naming the path that it is mounted at: a proxy may have taken a
 * part of that away.
 */
export function baseOf(req: Request): string {
  const [path = '/'] = req.originalUrl.split('?');
  const last = path.slice(path.lastIndexOf('/') + 1);
  return req.path === '/' && last !== '' ? `./${last}/` : './';
}

/** A whole document. */
export function page({ options, base, assetVersion, since }: Frame, { title, heading, body, live }: PageParts): string {
  const assets = `${base}assets/${assetVersion}`;
  const { homeUrl, homeName } = options;
  const home =
    homeUrl !== undefined && html`<a class="home" href="${homeUrl}"><span aria-hidden="true">←</span> ${homeName}</a>`;
  const switchLive =
    live &&
    html`<button type="button" class="live" data-live="connecting" aria-pressed="true" hidden><span class="dot" aria-hidden="true"></span><span data-live-text>Live</span></button>`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="actionlog-since" content="${since}">
<title>${title}</title>
<link rel="icon" href="${assets}/viewer.svg" type="image/svg+xml">
<link rel="stylesheet" href="${assets}/viewer.css">
${live && html`<script type="module" src="${assets}/viewer.js"></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the entries</a>
<header class="top">
${home ? html`${home}${switchLive}<div class="title">${heading}</div>` : html`<div class="title alone">${heading}</div>${switchLive}`}
</header>
${body}
</body>
</html>
`;
  return document.toString();
}
