// What the house asks of its files, generated ones excepted: none over 300 lines, no drawer named utils, no default export
// in the library.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|mts|mjs|js)$/.test(file) && !file.includes('/generated/') && existsSync(file));

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
