/*
 * Runs a program for as long as the process lives that has started this one, and no longer:
 *
 *   node keeper.mjs <folder> <program> <arguments…>
 *
 * SIGTERM kills the program as `kill -9` does. Where the starter is gone without a word, so is the program, and its folder.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder, program, ...args] = process.argv.slice(2);
let abandoned = false;
process.on('disconnect', () => {
  abandoned = true;
  child.kill('SIGKILL');
});
process.on('SIGTERM', () => child.kill('SIGKILL'));
process.on('SIGINT', () => undefined); // of the terminal, to all at once: the starter ends what it has started
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('exit', (code) => {
  if (abandoned) rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 1);
});
