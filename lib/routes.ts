import { fileURLToPath } from 'node:url';
import { type Request, Router } from 'express';
import type { CheckedStreamOptions } from './actionlog-options.ts';
import { type EntriesSource, entriesRoute, type RoutesOptions } from './entries-route.ts';
import { actorOf, requireActor } from './session/guards.ts';
import { sessionReadingOf } from './session/read-session.ts';
import { userKey } from './stream/gyroscope-keys.ts';
import { StreamKeys, sessionName, type TokenSession } from './stream/keys.ts';
import type { ConnectAnswer } from './stream/protocol.ts';

/** What pages load, each as one file, by the name in their address; the path is the same from `lib/` and from `dist/`. */
const pageFiles = ['client', 'element'].map((name) => ({
  name,
  file: fileURLToPath(new URL(`../dist/browser/${name}.min.js`, import.meta.url)),
}));

/** The router for the page's client: `GET /connect`, `GET /entries`, `GET /client.js` and `GET /element.js`. */
export function connectRoutes(
  stream: CheckedStreamOptions | undefined,
  compatibility: 'gyroscope' | undefined,
  entries: EntriesSource,
  options: RoutesOptions,
): Router {
  const router = Router();
  router.get('/entries', requireActor(), entriesRoute(entries, options));
  const keys = stream?.secrets ? new StreamKeys(stream.secrets) : undefined;

  router.get('/connect', requireActor(), async (req, res, next) => {
    try {
      res.set('Cache-Control', 'no-store');
      const actor = actorOf(req);
      const url = stream && pageUrl(stream, req);
      let answer: ConnectAnswer = { wire: 'off' };
      if (url && keys) {
        const token = await keys.issueToken(actor, tokenSession(req));
        answer = { wire: 'default', url, token };
      } else if (url && compatibility && stream.wssecret) {
        answer = { wire: 'gyroscope', url: `${url}?WSS${userKey(stream.wssecret, actor.gsid, actor.userid, stream)}=` };
      }
      res.json(answer);
    } catch (error) {
      next(error);
    }
  });

  for (const { name, file } of pageFiles) {
    router.get(`/${name}.js`, (_req, res, next) => {
      // `dotfiles`: package managers keep packages in folders such as `.pnpm`. `private`: the session may renew its cookie.
      res.sendFile(
        file,
        { dotfiles: 'allow', cacheControl: false, headers: { 'Cache-Control': 'private, no-cache' } },
        (error) => {
          if (error) next(error);
        },
      );
    });
  }

  return router;
}

/** What the page's token says of the session that it stands on. */
function tokenSession(req: Request): TokenSession {
  const { sessionId, signedInAt, endsAt } = sessionReadingOf(req) ?? {};
  return { id: sessionId === undefined ? undefined : sessionName(sessionId), at: signedInAt, end: endsAt };
}

/** The streaming server's address for a page; a loopback host is that of the machine which serves the page. */
export function pageUrl({ url, publicUrl }: CheckedStreamOptions, req: Request): string | undefined {
  if (publicUrl) return publicUrl;
  if (!url) return undefined;
  const address = new URL(url);
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(address.hostname) && req.hostname)
    address.hostname = req.hostname;
  if (address.protocol === 'http:' && (req.secure || req.get('x-forwarded-proto') === 'https')) warnOfMixedContent();
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

let warned = false;

function warnOfMixedContent(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'a page served by https was given a ws: address of the streaming server, which browsers refuse: set stream.publicUrl ' +
      '(STREAM_PUBLIC_URL) to the address that pages can reach, such as "wss://app.example.com/stream/" or "/stream/"',
    { code: 'ACTIONLOG_PUBLIC_URL' },
  );
}
