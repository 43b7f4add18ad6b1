import type { Request } from 'express';

const loopbackHost = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Whether a `Host` header names this very machine: `localhost`, `*.localhost`, `127.0.0.0/8` or `[::1]`, with any port. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && loopbackHost.test(host);
}

/** Whether a proxy has left its mark on the request, trusted or not. */
function wasForwarded(req: Request): boolean {
  return Object.keys(req.headers).some(
    (name) => name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'via' || name === 'x-real-ip',
  );
}

/**
 * Whether a cookie may go without `Secure` on this request: only in development, on plain http straight to this machine.
 * Safari, and tools such as curl, send a `Secure` cookie back over https alone, to `localhost` too.
 */
export function isLocalDevelopment(req: Request): boolean {
  return !req.secure && isLoopbackHost(req.headers.host) && !wasForwarded(req) && req.app.get('env') !== 'production';
}

/**
 * Makes a check that warns, once, where a browser will drop the `Secure` cookie of a sign-in: on plain http to a host
 * that is not this machine.
 */
export function insecureCookieWarning(where: string): (req: Request) => void {
  let warned = false;
  return (req) => {
    if (warned || req.secure || isLoopbackHost(req.headers.host)) return;
    warned = true;
    process.emitWarning(
      `${where}: a user signed in over plain http, and browsers drop a Secure cookie there. Serve the application over ` +
        "https. Where a proxy does that already, tell Express: app.set('trust proxy', …). On a network where plain http " +
        'is meant, set secure: false.',
      { code: 'ACTIONLOG_INSECURE_COOKIE' },
    );
  };
}
