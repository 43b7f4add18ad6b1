import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'undici';
import { StreamKeys } from '../../lib/stream/keys.ts';

/** Tells a server of events, some at a time. */
export interface Feed {
  /** Resolves once the server has taken them. */
  send(events: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

async function post(dispatcher: Client | Pool, path: string, body: string, headers: Record<string, string>) {
  const answer = await dispatcher.request({
    ...{ method: 'POST', path, body },
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 202) throw new Error(`the server answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as { accepted: number };
}

/** Relays as an application server does: signed, on a connection of its own; but as many events on it as the bench wants. */
export function relayFeed(url: string, secret: string): Feed {
  const keys = new StreamKeys([secret]);
  return {
    async send(events) {
      const body = JSON.stringify({ events });
      const [id, timestamp] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1000))];
      const signature = keys.signRelay({ id, timestamp, body });
      const client = new Client(url);
      try {
        const { accepted } = await post(client, '/relay', body, {
          ...{ 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
        });
        if (accepted !== events.length) throw new Error(`${accepted} of ${events.length} events were accepted`);
      } finally {
        await client.destroy();
      }
    },
    close: async () => undefined,
  };
}

/** Tells a peer in the same way, unsigned. */
export function loneFeed(url: string): Feed {
  return {
    async send(events) {
      const client = new Client(url);
      try {
        await post(client, '/', JSON.stringify({ events }), {});
      } finally {
        await client.destroy();
      }
    },
    close: async () => undefined,
  };
}

/** Tells a peer, unsigned, on a connection that stays open. */
export function plainFeed(url: string): Feed {
  const pool = new Pool(url, { connections: 1 });
  return {
    async send(events) {
      await post(pool, '/', JSON.stringify({ events }), {});
    },
    close: () => pool.destroy(),
  };
}
