// What the house asks of its files: none over 300 lines, no drawer named utils, no default export in the library.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const files = ['lib', 'sample-app', 'test', 'scripts', 'bench']
  .flatMap((folder) => {
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
    } catch (error) {
      if (error.code === 'ENOENT') return [];
      throw error;
    }
  })
  .filter((file) => /\.(ts|mts|mjs|js)$/.test(file) && !file.includes('node_modules'));

const problems = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  return [
    lines > 300 && `${file}: ${lines} lines, more than 300`,
    /^(utils?|helpers?|common|types)\.\w+$/.test(basename(file)) &&
      `${file}: a drawer; name the file after its concept`,
    file.startsWith('lib') && /^export default /m.test(text) && `${file}: a default export`,
  ].filter(Boolean);
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
console.log(`house: ${files.length} files, ${problems.length} problems`);
