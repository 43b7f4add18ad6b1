// How the page's scripts are bundled: for dist/, and for the tests of the pages.
import type { BuildOptions, Plugin } from 'esbuild';

export const bundleOptions = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
} satisfies BuildOptions;

/** For a script that is served beside the client, of which a page has but one: it imports that file, and carries no second one. */
export function clientAt(path: string): Plugin {
  return {
    name: 'client-beside',
    setup: ({ onResolve }) => onResolve({ filter: /\/client\.ts$/ }, () => ({ path, external: true })),
  };
}
