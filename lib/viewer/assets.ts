import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';

/** The page's own files, each of one file or several; the paths are the same from `lib/` and from `dist/`. */
const files = [
  {
    ...{ name: 'viewer.css', type: 'text/css; charset=utf-8' },
    from: ['./styles/frame.css', './styles/search.css', './styles/entries.css'],
  },
  { name: 'viewer.svg', type: 'image/svg+xml', from: ['./viewer.svg'] },
  { name: 'viewer.js', type: 'text/javascript; charset=utf-8', from: ['../../dist/browser/viewer.min.js'] },
];

/** The files that the viewer's pages load. */
export interface Assets {
  /** Changes with any of the files: it stands in their address. */
  version: string;
  /** Answers `GET /assets/:version/:name`. */
  serve: RequestHandler;
}

/** Reads the files, once. */
export function readAssets(): Assets {
  const read = files.map(({ name, type, from }) => {
    const body = Buffer.concat(from.map((path) => readFileSync(new URL(path, import.meta.url))));
    return [name, { type, body }] as const;
  });
  const byName = new Map(read);
  const hash = createHash('sha256');
  for (const [, { body }] of read) hash.update(body);
  const version = hash.digest('hex').slice(0, 16);
  return {
    version,
    serve(req, res, next) {
      const file = byName.get(String(req.params['name']));
      if (!file) return next();
      // another version asks where servers are replaced one after the other: it gets what there is, for now
      const caching = req.params['version'] === version ? 'public, max-age=31536000, immutable' : 'no-cache';
      res.removeHeader('Set-Cookie'); // a renewed session must not be kept in a cache of many
      res.set({ 'Cache-Control': caching, 'Content-Type': file.type, 'X-Content-Type-Options': 'nosniff' });
      res.set('ETag', `"${version}"`).send(file.body);
    },
  };
}
