// Builds the package into dist/: the library, the page's client as modules, and the client as one minified file.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (...flags) => execFileSync(process.execPath, [tsc, ...flags], { stdio: 'inherit' });

rmSync('dist', { recursive: true, force: true });
compile('-p', 'tsconfig.build.json');
compile(
  ...['-p', 'lib/browser/tsconfig.json', '--noEmit', 'false', '--rootDir', 'lib', '--outDir', 'dist'],
  ...['--declaration', '--stripInternal', '--rewriteRelativeImportExtensions'],
);
cpSync('lib/action/schema', 'dist/action/schema', { recursive: true });
chmodSync('dist/cli/bin.js', 0o755);
const bundle = { bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'none' };
await build({ ...bundle, entryPoints: ['lib/browser/index.ts'], outfile: 'dist/browser/client.min.js' });
await build({
  ...bundle,
  entryPoints: ['lib/browser/element.ts'],
  outfile: 'dist/browser/element.min.js',
  // Served beside the client, whose page has but one: it imports that file instead of carrying a second client.
  plugins: [
    {
      name: 'client-beside',
      setup: ({ onResolve }) => onResolve({ filter: /\/client\.ts$/ }, () => ({ path: './client.js', external: true })),
    },
  ],
});
