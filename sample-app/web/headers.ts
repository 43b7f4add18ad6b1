import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Security headers: nothing from elsewhere, no inline script or style.
 *
 * @param streamUrl where pages find the streaming server: an address, or a path of this app
 */
export function securityHeaders(streamUrl: string): RequestHandler {
  return (req, res, next) => {
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'script-src': ["'self'"],
          'style-src': ["'self'"],
          'img-src': ["'self'"],
          'connect-src': ["'self'", ...socketOrigin(req, streamUrl)],
          'form-action': ["'self'"],
          'base-uri': ["'none'"],
          'frame-ancestors': ["'none'"],
        },
      },
      // Over plain http, as on one's own machine, the browser would have to leave the site.
      strictTransportSecurity: req.secure,
      xFrameOptions: { action: 'deny' },
    })(req, res, next);
  };
}

/** Pages of a signed-in user are kept by nobody, and never shown again from memory after sign-out. */
export const noStore: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

/** The origin of the page's web socket. Not every browser counts one to the page's own host as 'self'. */
function socketOrigin(req: Request, streamUrl: string): string[] {
  const page = `${req.protocol}://${req.headers.host}`;
  if (!URL.canParse(streamUrl, page)) return [];
  const { hostname, host, port, protocol } = new URL(streamUrl, page);
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  const scheme = protocol === 'https:' || protocol === 'wss:' ? 'wss' : 'ws';
  // The page asks its own host for a streaming server that runs on the loopback address.
  const target = isLoopback ? `${new URL(page).hostname}${port && `:${port}`}` : host;
  // What a client claims to be the host must not become a directive of its own.
  return /^[\w.:[\]-]+$/.test(target) ? [`${scheme}://${target}`] : [];
}
