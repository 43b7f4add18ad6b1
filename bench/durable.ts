/*
 * What the guarantee costs: rows that stand as waiting, are relayed to a streaming server, acknowledged and marked, against
 * at-most-once delivery, which relays alike and marks nothing. A round is over when every event is acknowledged and no row
 * waits.
 */
import type { Bench } from './support/bench.ts';
import type { ApiOf, Child } from './support/child.ts';
import { pageTokens } from './support/tokens.ts';

type Logaction = ApiOf<typeof import('./children/logaction.ts')>;
type Server = ApiOf<typeof import('./children/stream-server.ts')>;
type Pages = ApiOf<typeof import('./children/listeners.ts')>;

const arriveMs = 30_000;

export const bench: Bench = {
  name: 'durable',
  title: 'Row, relay, acknowledgement and mark, against at-most-once delivery',
  limitMinutes: { full: 4, quick: 2 },
  async run({ roundMs, secret, findings, database, child, alternate }) {
    const table = await database();
    const server = await child<Server>(new URL('./children/stream-server.ts', import.meta.url));
    const pages = await child<Pages>(new URL('./children/listeners.ts', import.meta.url));
    const url = await server.call('start', { secrets: [secret] });
    await pages.call('open', url, await pageTokens(secret, { gsid: 3, count: 1 }));
    findings.options('createStreamServer', {});
    let sent = 0;
    let received = 0;
    const writers: Child<Logaction>[] = [];
    const variant = async (delivery: 'at-least-once' | 'at-most-once') => {
      const writer = await child<Logaction>(new URL('./children/logaction.ts', import.meta.url));
      writers.push(writer);
      await writer.call('start', { database: table.url, stream: { url, secrets: [secret] }, delivery }, delivery);
      findings.options(`createActionlog, ${delivery}`, { delivery, stream: {} });
      return async () => {
        // longer than elsewhere: the last rows of a round are marked up to 200 ms later, together
        const load = await writer.call('loadUntilMarked', { concurrency: 64, durationMs: 3 * roundMs }, arriveMs);
        sent += load.calls;
        received += (await pages.call('until', load.calls, arriveMs)).records;
        await pages.call('reset');
        return load;
      };
    };
    const rounds = await alternate('c=64', {
      'at-most-once': await variant('at-most-once'),
      'at-least-once': await variant('at-least-once'),
    });
    findings.ratio(rounds, 'perSecond', 'at-least-once', 'at-most-once', 'durable-rate-64');
    findings.ratio(rounds, 'p50Ms', 'at-least-once', 'at-most-once');
    findings.bars('durable', 'What the guarantee costs', 'actions a second, all the way', 'perSecond', [rounds]);
    for (const writer of writers) {
      const { errors } = await writer.call('told');
      for (const [code, count] of Object.entries(errors)) findings.note(`onError was told ${code}, ${count} times`);
    }
    const { rows, waiting } = await table.count();
    findings.arrived('rows', sent, rows);
    findings.arrived('rows marked', sent, rows - waiting);
    findings.arrived('events at the page', sent, received);
  },
};
