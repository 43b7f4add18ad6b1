import { build } from 'esbuild';

/** The page's client as the package carries it: one minified module. */
export async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['lib/browser/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    write: false,
  });
  const [file] = outputFiles;
  if (!file) throw new Error('esbuild wrote nothing');
  return file.text;
}
