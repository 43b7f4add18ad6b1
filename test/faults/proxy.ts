/*
 * A TCP proxy in a process of its own, before the port of FAULT_TARGET. Messages tell it what the network does:
 * `cut` resets all connections, and new ones at once; `half-open` leaves them open and lets nothing through any more, for
 * good, nor through new ones; `whole` lets new connections through.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Network = 'whole' | 'cut' | 'half-open';

let network: Network = 'whole';
const pairs = new Set<[Socket, Socket | undefined]>();

const server = createServer((incoming) => {
  incoming.on('error', () => incoming.destroy()); // reset by either side: it tells the other by `close` below
  if (network === 'cut') {
    incoming.resetAndDestroy();
    return;
  }
  if (network === 'half-open') {
    const pair: [Socket, undefined] = [incoming.pause(), undefined];
    pairs.add(pair);
    incoming.on('close', () => pairs.delete(pair));
    return;
  }
  const outgoing = connect(Number(process.env['FAULT_TARGET']), '127.0.0.1');
  outgoing.on('error', () => outgoing.destroy());
  const pair: [Socket, Socket] = [incoming, outgoing];
  pairs.add(pair);
  incoming.pipe(outgoing).pipe(incoming);
  const ended = () => {
    if (!pairs.delete(pair)) return;
    incoming.destroy();
    outgoing.destroy();
  };
  incoming.on('close', ended);
  outgoing.on('close', ended);
});

process.on('message', (message: { network?: Network }) => {
  if (!message.network) return;
  network = message.network;
  for (const [incoming, outgoing] of pairs) {
    if (network === 'cut') for (const socket of [incoming, outgoing]) socket?.resetAndDestroy();
    if (network !== 'half-open' || !outgoing) continue;
    incoming.unpipe(outgoing);
    outgoing.unpipe(incoming);
    incoming.pause();
    outgoing.pause();
  }
  process.send?.({ network });
});

server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`proxy on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
