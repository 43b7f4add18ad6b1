/* Looks around in the network namespace that it runs in. */
import { readFileSync } from 'node:fs';
import { eventsTaken } from '../support/greeting.ts';
import { serve } from '../support/serve.ts';

/** TIME_WAIT's number in the system's table. */
const timeWait = '06';

export const api = serve({
  /** Sockets in TIME_WAIT, by the side that holds the socket: the one that listens on these ports, or the one that connected to them. */
  count(serverPorts: number[]): { client: number; server: number } {
    const held = { client: 0, server: 0 };
    for (const line of readFileSync('/proc/self/net/tcp', 'utf8').split('\n').slice(1)) {
      const [, local = '', remote = '', state] = line.trim().split(/\s+/);
      if (state !== timeWait) continue;
      if (serverPorts.includes(portOf(local))) held.server += 1;
      else if (serverPorts.includes(portOf(remote))) held.client += 1;
    }
    return held;
  },
  /** `net.ipv4.tcp_tw_reuse`, and the ports that a connection may be given. */
  settings: () => ({
    reuse: readFileSync('/proc/sys/net/ipv4/tcp_tw_reuse', 'utf8').trim(),
    ports: readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).join('-'),
  }),
  taken: eventsTaken,
});

/** The port of an address as the system's table has it: `0100007F:1F90`. */
function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
