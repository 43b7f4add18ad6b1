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
for (const part of ['styles', 'viewer.svg']) cpSync(`lib/viewer/${part}`, `dist/viewer/${part}`, { recursive: true });
chmodSync('dist/cli/bin.js', 0o755);
const bundle = { bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'none' };
await build({ ...bundle, entryPoints: ['lib/browser/index.ts'], outfile: 'dist/browser/client.min.js' });
// Served beside the client, whose page has but one: they import that file instead of carrying a second client.
const clientAt = (path) => [
  {
    name: 'client-beside',
    setup: ({ onResolve }) => onResolve({ filter: /\/client\.ts$/ }, () => ({ path, external: true })),
  },
];
for (const [name, client] of [
  ['element', './client.js'],
  ['viewer', '../../live/client.js'],
]) {
  const outfile = `dist/browser/${name}.min.js`;
  await build({ ...bundle, entryPoints: [`lib/browser/${name}.ts`], outfile, plugins: clientAt(client) });
}
