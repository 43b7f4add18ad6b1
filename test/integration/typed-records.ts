import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './consumer.ts';

const fixture = resolve(import.meta.dirname, '../fixtures/typed-records');

/**
 * Fails where the record types that an app declares are not checked as `test/fixtures/typed-records` says, or are checked
 * where it declares none, under either resolution.
 *
 * @param dir where the package can be resolved, by its name
 */
export async function checkRecords(dir: string): Promise<void> {
  cpSync(fixture, join(dir, 'typed-records'), { recursive: true });
  const common = { strict: true, noEmit: true, skipLibCheck: true, target: 'es2023', allowImportingTsExtensions: true };
  const environment = { types: ['node'], lib: ['es2023', 'dom', 'dom.iterable'] };
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    for (const files of [['server.ts', 'page.ts'], ['page-alone.ts'], ['loose.ts']]) {
      const config = { compilerOptions: { ...common, ...environment, module, moduleResolution }, files };
      const project = join(dir, 'typed-records', 'tsconfig.json');
      writeFileSync(project, JSON.stringify(config));
      await run('npx', ['tsc', '-p', project], { cwd: dir }).catch((error: { stdout: string }) =>
        assert.fail(`${moduleResolution}: ${error.stdout}`),
      );
    }
  }
}
