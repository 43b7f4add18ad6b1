import type { Request, Response } from 'express';

/**
 * Security headers of a page: nothing from elsewhere, no inline script or style, kept by nobody.
 *
 * @param socketUrl where the page's web socket goes, absolute or a path of this site
 */
export function setPageHeaders(req: Request, res: Response, socketUrl: string | undefined): void {
  const sockets = socketUrl === undefined ? [] : socketOrigin(req, socketUrl);
  const policy = [
    ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'"],
    ["connect-src 'self'", ...sockets].join(' '),
    ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'self'"],
  ];
  res.set({
    'Content-Security-Policy': policy.join('; '),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'Referrer-Policy': 'same-origin',
  });
}

/** The web socket's origin. Not every browser counts one to the page's own host as 'self'. */
function socketOrigin(req: Request, socketUrl: string): string[] {
  const page = `${req.secure ? 'https' : 'http'}://${req.get('host') ?? ''}`;
  if (!URL.canParse(socketUrl, page)) return [];
  const { protocol, host } = new URL(socketUrl, page);
  const scheme = protocol === 'https:' || protocol === 'wss:' ? 'wss' : 'ws';
  // what a client claims to be the host must not become a directive of its own
  return /^[\w.:[\]-]+$/.test(host) ? [`${scheme}://${host}`] : [];
}
