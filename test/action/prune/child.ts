/*
 * One run of `prune` in a process of its own, which kills itself by SIGKILL at the `turn`-th statement that the pattern
 * PRUNE_DIE_AT matches: before it, or after it with PRUNE_DIE=after.
 */
import { createPool } from 'mysql2/promise';
import { prune } from '../../../lib/action/prune/prune.ts';
import { dayMs } from './old-entries.ts';

const { PRUNE_DATABASE: uri = '', PRUNE_ARCHIVE: archive, PRUNE_DIE_AT: pattern = '$^', PRUNE_DIE: when } = process.env;
let left = Number(process.env['PRUNE_TURN'] ?? 1);
const pool = createPool({ uri });
const die = () => process.kill(process.pid, 'SIGKILL');
const through = async (sql: string) => {
  const here = new RegExp(pattern).test(sql);
  if (here) left -= 1;
  if (here && left === 0 && when !== 'after') die();
  const answer = await pool.query(sql);
  if (here && left === 0) die();
  return answer;
};
await prune({
  database: { query: through, execute: through },
  ...{ olderThanMs: 400 * dayMs, archive, archiveRows: 1000, batch: 100, leaseMs: 1000 },
});
await pool.end();
