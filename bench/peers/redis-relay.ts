/* Redis PUBLISH as a relay: another process has subscribed. Redis tells how many took an event, not what became of it. */
import { createClient } from 'redis';
import { EventCount, type RelayCaller, type RelayTaker } from './relay-peer.ts';

const channel = 'actionlog-bench';

/** Takes events as messages of a channel. */
export async function takePublished(url: string): Promise<RelayTaker> {
  const count = new EventCount();
  const client = createClient({ url });
  client.on('error', (error) => console.error(error));
  await client.connect();
  await client.subscribe(channel, (text) => count.take(text));
  return {
    port: 0,
    get taken() {
      return count.taken;
    },
    close: async () => client.destroy(),
  };
}

/** One connection, on which the client sends without waiting for the answer to the one before. */
export async function publishCaller(url: string): Promise<RelayCaller> {
  const client = createClient({ url });
  client.on('error', (error) => console.error(error));
  await client.connect();
  return {
    async send(text) {
      const takers = await client.publish(channel, text);
      if (takers !== 1) throw new Error(`${takers} subscribers took an event, not 1`);
    },
    close: async () => client.destroy(),
  };
}
