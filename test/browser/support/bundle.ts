import { build, type Plugin } from 'esbuild';
import { bundleOptions, clientAt } from '../../../scripts/bundle.ts';

/** The page's client as the package carries it: one minified module. */
export async function bundleClient(): Promise<string> {
  return await bundle('lib/browser/index.ts');
}

/** `<actionlog-notice>` as the package carries it, to be served beside the client. */
export async function bundleElement(): Promise<string> {
  return await bundle('lib/browser/element.ts', [clientAt('./client.js')]);
}

/** A page's own script with all that it imports. */
export async function bundlePage(contents: string): Promise<string> {
  return await bundle({ contents, resolveDir: process.cwd(), loader: 'ts' });
}

async function bundle(
  entry: string | { contents: string; resolveDir: string; loader: 'ts' },
  plugins: Plugin[] = [],
): Promise<string> {
  const { outputFiles } = await build({
    ...(typeof entry === 'string' ? { entryPoints: [entry] } : { stdin: entry }),
    ...{ ...bundleOptions, write: false, plugins, define: { 'process.env.NODE_ENV': '"development"' } },
  });
  const [file] = outputFiles;
  if (!file) throw new Error('esbuild wrote nothing');
  return file.text;
}
