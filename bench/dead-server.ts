/*
 * What a dead streaming server costs a request: `logaction` with streaming off, with a streaming server whose port is
 * closed, and with one that takes connections and never answers, in turns, one after the other on the same MariaDB.
 *
 *   npm run bench:dead-server                 2,000 rounds
 *   npm run bench:dead-server -- 500          fewer
 *
 * Prints medians and their ratio to streaming off. Ends with 1 where a row is lost or one that was never announced is
 * marked; a time alone decides nothing.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type ActionlogError, createActionlog, migrate } from '../lib/index.ts';
import { createDatabase } from '../test/support/mariadb.ts';
import { startMariadb } from '../test/support/services.ts';

const rounds = Number(process.argv[2] ?? 2000);
if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError('how many rounds? A whole number');
const warmUp = Math.ceil(rounds / 10);
const secrets = ['a secret for the benchmarks of thirty-two bytes'];

const service = await startMariadb(process.env);
Object.assign(process.env, service.env);
const database = await createDatabase();
await migrate({ database: database.url });

const urlOf = (server: Server) => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
};
const sockets = new Set<Socket>();
const silent = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => sockets.delete(socket)).on('close', () => sockets.delete(socket));
}).listen(0, '127.0.0.1');
const closed = createServer().listen(0, '127.0.0.1');
await Promise.all([once(silent, 'listening'), once(closed, 'listening')]);
const closedUrl = urlOf(closed);
closed.close();

const told = new Map<string, number>();
function variant(name: string, url?: string) {
  const actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: url === undefined ? undefined : { url, secrets },
    onError(error) {
      const what = `${name}: ${(error as ActionlogError).code}`;
      told.set(what, (told.get(what) ?? 0) + 1);
    },
  });
  const { logaction } = actionlog.as({ userid: 42, gsid: 3, login: name });
  const outcomes = new Map<string, number>();
  const times: number[] = [];
  return {
    ...{ name, actionlog, outcomes, times },
    async once(round: number) {
      const before = performance.now();
      const { announced } = await logaction(`round ${round}`, { round }, { rectype: 'product', recid: round + 1 });
      if (round >= 0) times.push(performance.now() - before);
      announced.then(({ status }) => outcomes.set(status, (outcomes.get(status) ?? 0) + 1));
    },
  };
}

const off = variant('streaming off');
const variants = [off, variant('port closed', closedUrl), variant('never answers', urlOf(silent))];
for (const { actionlog } of variants) await actionlog.ready();
for (let round = -warmUp; round < rounds; round += 1) {
  // who goes first changes, so that none has the better place
  for (let turn = 0; turn < variants.length; turn += 1) {
    await variants[(((round + turn) % variants.length) + variants.length) % variants.length]?.once(round);
  }
}
for (const { actionlog } of variants) await actionlog.close();

const quantile = (times: number[], part: number) =>
  [...times].sort((a, b) => a - b)[Math.min(Math.floor(times.length * part), times.length - 1)] ?? Number.NaN;
const base = quantile(off.times, 0.5);
let lost = 0;
for (const { name, times, outcomes } of variants) {
  const median = quantile(times, 0.5);
  const became = [...outcomes].map(([status, count]) => `${count} ${status}`).join(', ');
  const numbers = [median, quantile(times, 0.99)].map((ms) => `${ms.toFixed(3)} ms`);
  const ratio = `${(median / base).toFixed(2)} x, ${(median - base >= 0 ? '+' : '') + (median - base).toFixed(3)} ms`;
  console.log(`${name.padEnd(14)} median ${numbers[0]} (${ratio}), 99% ${numbers[1]}; announcements: ${became}`);
  const rows = await database.query<{ waits: number; n: number }>(
    'SELECT wssdone = 0 AS waits, COUNT(*) AS n FROM actionlog WHERE logname = ? GROUP BY waits',
    [name],
  );
  const kept = rows.reduce((sum, { n }) => sum + Number(n), 0);
  const waiting = rows.reduce((sum, { n, waits }) => sum + Number(n) * Number(waits), 0);
  const expected = rounds + warmUp;
  const bad = expected - kept + (name === off.name ? 0 : expected - waiting);
  if (bad !== 0) console.error(`${name}: ${kept} of ${expected} rows stand, ${waiting} of them wait`);
  lost += Math.abs(bad);
}
for (const [what, count] of told) console.log(`onError was told ${what}, ${count} times`);
console.log(`${rounds} rounds, ${warmUp} before them to warm up; ${lost === 0 ? 'no row lost' : `${lost} rows lost`}`);

for (const socket of sockets) socket.destroy();
silent.close();
await database[Symbol.asyncDispose]();
await service.stop();
process.exitCode = lost === 0 ? 0 : 1;
