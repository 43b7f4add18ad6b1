// Builds the package into dist/: the library, the page's client as modules, and the client as one minified file.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { bundleOptions, clientAt } from './bundle.ts';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (...flags: string[]) => execFileSync(process.execPath, [tsc, ...flags], { stdio: 'inherit' });

rmSync('dist', { recursive: true, force: true });
compile('-p', 'tsconfig.build.json');
compile(
  ...['-p', 'lib/browser/tsconfig.json', '--noEmit', 'false', '--rootDir', 'lib', '--outDir', 'dist'],
  ...['--declaration', '--stripInternal', '--rewriteRelativeImportExtensions'],
);
cpSync('lib/action/schema', 'dist/action/schema', { recursive: true });
for (const part of ['styles', 'viewer.svg']) cpSync(`lib/viewer/${part}`, `dist/viewer/${part}`, { recursive: true });
chmodSync('dist/cli/bin.js', 0o755);
await build({ ...bundleOptions, entryPoints: ['lib/browser/index.ts'], outfile: 'dist/browser/client.min.js' });
for (const [name, client] of [
  ['element', './client.js'],
  ['viewer', '../../live/client.js'],
] as const) {
  const outfile = `dist/browser/${name}.min.js`;
  await build({ ...bundleOptions, entryPoints: [`lib/browser/${name}.ts`], outfile, plugins: [clientAt(client)] });
}
