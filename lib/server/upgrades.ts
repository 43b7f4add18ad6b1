import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { subprotocol } from '../stream/protocol.ts';
import { gyroscopeKey, takeGyroscopeUpgrade } from './gyroscope-wire.ts';
import { type HttpRefusal, refuseSocket } from './http-answers.ts';
import type { PageLinks } from './page-links.ts';
import { PageSocket } from './page-socket.ts';
import { takePage } from './page-wire.ts';
import type { Parts, Upgrade } from './parts.ts';

/** A page has nothing to say; this leaves room for the introduction of Gyroscope's pages. */
const maxPayload = 1_024;
/** How long a page may take to answer a close, in milliseconds. */
const closeTimeout = 2_000;

/**
 * Makes the `accept` of a server's parts.
 *
 * @param release told of each socket that a web socket has taken over
 */
export function makeAccept(
  links: PageLinks,
  isClosing: () => boolean,
  release: (socket: Duplex) => void,
): Parts['accept'] {
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false, // the link answers, and needs no function of its own for it
    maxPayload,
    closeTimeout,
    WebSocket: PageSocket,
    handleProtocols: (offered: Set<string>) => offered.has(subprotocol) && subprotocol,
  };
  const server = new WebSocketServer<typeof PageSocket>(settings);
  server.on('wsClientError', (error: Error, socket: Duplex) => {
    refuseSocket(socket, 'handshake-malformed', `no web socket handshake: ${error.message}`);
  });
  return ({ req, socket, head }, wire, opened) => {
    // Asked here and not before, since a check of the token may lie between.
    const refusal: HttpRefusal | undefined = isClosing()
      ? 'shutting-down'
      : links.isFull
        ? 'too-many-connections'
        : undefined;
    if (refusal) return refuseSocket(socket, refusal);
    server.handleUpgrade(req, socket, head, (page) => {
      release(socket);
      opened(links.add(page, socket, wire));
    });
  };
}

/** Takes an upgrade request, whatever it is, on the wire that it speaks. */
export async function takeUpgrade(upgrade: Upgrade, parts: Parts): Promise<void> {
  const { req, socket } = upgrade;
  const { allowedOrigins, gyroscope } = parts.options;
  if (parts.isClosing()) return refuseSocket(socket, 'shutting-down');
  if (!parts.engine.ready) return refuseSocket(socket, 'engine-away');
  const key = gyroscopeKey(req.url);
  const isBrowser = req.headers['sec-websocket-key'] !== undefined;
  if (isBrowser && allowedOrigins && !isAllowed(req, allowedOrigins)) return refuseSocket(socket, 'origin-refused');
  if (key !== undefined) {
    if (gyroscope) return takeGyroscopeUpgrade(upgrade, key, gyroscope, parts);
    const message = "Gyroscope's wire is closed: the option compatibility: 'gyroscope' was not given";
    return refuseSocket(socket, 'wire-closed', message);
  }
  if (!isBrowser) return refuseSocket(socket, 'handshake-malformed');
  await takePage(upgrade, parts);
}

/** A request without an Origin comes from no browser, and so from no page of a stranger's. */
function isAllowed({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  return headers.origin === undefined || allowed.includes(headers.origin);
}
