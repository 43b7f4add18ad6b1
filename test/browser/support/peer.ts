import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ConnectAnswer, EntriesAnswer } from '../../../lib/stream/protocol.ts';
import { bundleClient, bundleElement } from './bundle.ts';
import { type PageSocket, pageSocket } from './page-socket.ts';
import { createQueue, type Queue } from './queue.ts';

/** A request that a page sent. */
export interface PageRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Application and streaming server in one, scripted by the test; closed on dispose. */
export interface Peer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** What the connect route answers; a number is a status without a body. By default a way in on the default wire. */
  answer: (turn: number) => ConnectAnswer | number | Promise<ConnectAnswer | number>;
  /** What the entries route answers to a query; a number is a status without a body. By default 404. */
  missed: (query: string) => EntriesAnswer | number | Promise<EntriesAnswer | number>;
  /** The queries that the entries route was asked. */
  askedMissed: string[];
  /** Further scripts by path, such as `/page.js`. */
  scripts: Map<string, string>;
  /** Whether a page is greeted as soon as it is connected; default true. */
  greets: boolean;
  /** How often the connect route was asked. */
  asked: number;
  /** The pages' web sockets, in order of connection. */
  sockets: Queue<PageSocket>;
  /** The pages' requests other than for the page, the client and the connect route. */
  requests: Queue<PageRequest>;
}

const clientText = bundleClient();
const elementText = bundleElement();

function page(url: URL): string {
  const body = url.searchParams.get('body') ?? '';
  if (url.searchParams.has('bare')) return `<!doctype html><title>page</title><body>${body}`;
  return `<!doctype html><title>page</title><body>${body}<script type="module">
    import { createActionlogClient } from '/client.js';
    window.log = [];
    window.client = createActionlogClient(${url.searchParams.get('options') ?? '{}'});
    for (const type of ['update', 'status', 'open', 'close', 'gap']) client.on(type, (event) => log.push([type, event]));
  </script>`;
}

export async function startPeer(): Promise<Peer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error as Error));
  });
  const sockets = new WebSocketServer({ server });
  const peer: Peer = {
    origin: '',
    answer: (turn) => ({ wire: 'default', url: '/stream', token: `token-${turn}` }),
    missed: () => 404,
    askedMissed: [],
    scripts: new Map(),
    greets: true,
    asked: 0,
    sockets: createQueue(),
    requests: createQueue(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  let sids = 1000;
  sockets.on('connection', (socket, request) => {
    sids += 1;
    const one = pageSocket(socket, request, sids);
    if (peer.greets) one.greet();
    peer.sockets.put(one);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', peer.origin);
    const files = new Map([...peer.scripts, ['/client.js', await clientText], ['/element.js', await elementText]]);
    const script = files.get(url.pathname);
    if (script !== undefined) {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else if (url.pathname === '/actionlog/connect') {
      peer.asked += 1;
      answerJson(response, await peer.answer(peer.asked));
    } else if (url.pathname === '/actionlog/entries') {
      const query = url.search.slice(1);
      peer.askedMissed.push(query);
      answerJson(response, await peer.missed(query));
    } else if (url.pathname === '/' && request.method === 'GET') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page(url));
    } else {
      await take(request, response);
    }
  }

  function answerJson(response: ServerResponse, given: object | number): void {
    if (typeof given === 'number') response.writeHead(given).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(given));
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*');
    const { method = '', url: path = '', headers } = request;
    if (path === '/save') response.writeHead(303, { location: '/?saved' });
    response.end();
    peer.requests.put({ method, path, headers, body });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  peer.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return peer;
}
