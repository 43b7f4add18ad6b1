import { createServer, type Server } from 'node:http';

/** A peer that sends each event to all of its pages. */
export interface Broadcaster {
  readonly connections: number;
  /** One event after the other, in one turn. */
  publish(events: unknown[]): void;
  close(): void;
}

/**
 * The http server of a broadcaster: takes events by `POST`, unsigned.
 */
export function fedServer(broadcaster: () => Broadcaster): Server {
  return createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: unknown[] };
      broadcaster().publish(events);
      res.writeHead(202, { 'content-type': 'application/json' });
      res.end(`{"accepted":${events.length}}`);
    });
  });
}
