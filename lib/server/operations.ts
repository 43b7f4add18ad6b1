import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { answerText } from './http-answers.ts';
import { answerHealth, listenOn } from './own-listener.ts';
import type { Parts } from './parts.ts';
import type { ListenAddress } from './stream-server-options.ts';

/** What the operations' port works with. */
interface OperationsNeeds extends Pick<Parts, 'unready' | 'onError'> {
  metrics(): Promise<Registry>;
}

/** A port for those who run the server, apart from the one of pages and relays: health and metrics. */
export class Operations {
  readonly #server: Server;
  readonly #wanted: ListenAddress;
  #listening: Promise<ListenAddress> | undefined;
  /** Where it listens; undefined before it does. */
  address: ListenAddress | undefined;

  constructor(wanted: ListenAddress, needs: OperationsNeeds) {
    this.#wanted = wanted;
    this.#server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (req, res) => {
      answer(req, res, needs).catch((error) => {
        needs.onError(error);
        res.destroy();
      });
    });
    this.#server.maxConnections = 100;
  }

  /** Listens; a second call gives the same address. Rejects with the system's error where the port is taken. */
  async open(): Promise<ListenAddress> {
    this.#listening ??= listenOn(this.#server, this.#wanted);
    this.address = await this.#listening;
    return this.address;
  }

  async close(): Promise<void> {
    if (!this.#listening) return;
    await this.#listening.catch(() => undefined); // whoever opened it was told
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(req: IncomingMessage, res: ServerResponse, needs: OperationsNeeds): Promise<void> {
  const path = (req.url ?? '').replace(/\?.*$/s, '');
  if (req.method !== 'GET' && req.method !== 'HEAD') answerText(res, 405, 'only GET');
  else if (answerHealth(path, res, needs)) return;
  else if (path === '/metrics') {
    const registry = await needs.metrics();
    const text = await registry.metrics();
    res.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' });
    res.end(text);
  } else answerText(res, 404, 'there is /livez, /readyz and /metrics');
}
