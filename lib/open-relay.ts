import type { CheckedOptions } from './actionlog-options.ts';
import type { Clock } from './clock.ts';
import type { OnError } from './errors.ts';
import type { CircuitBreaker } from './stream/circuit-breaker.ts';
import { GyroscopeTcpRelay } from './stream/gyroscope-relay.ts';
import { HttpRelay, type Relay } from './stream/relay.ts';
import type { Transport } from './stream/relay-connection.ts';

/** What the relay stands on; the test kit has both of its own. */
export interface RelayGround {
  clock: Clock;
  /** How requests reach the streaming server; over the network where it is left out. */
  transport?: Transport | undefined;
}

/** The relay of the option `stream.relay`. */
export function openWay({ stream, compatibility }: CheckedOptions, breaker: CircuitBreaker, onError: OnError) {
  const gyroscope = compatibility === 'gyroscope';
  return stream?.relay?.open({ ...stream, gyroscope, breaker, onError: (error) => onError(error, { stage: 'relay' }) });
}

/** The relay of this process; none where nothing is announced from here. */
export function relayFrom(
  { stream, compatibility, announcer }: CheckedOptions,
  breaker: CircuitBreaker,
  retries: boolean,
  ground: RelayGround,
): Relay | undefined {
  if (!stream?.url || stream.mode === 'poll') return undefined;
  const { url, secrets, internalKey, wssecret } = stream;
  if (compatibility)
    return internalKey && wssecret
      ? new GyroscopeTcpRelay({ ...stream, url, internalKey, wssecret, breaker })
      : undefined;
  return (
    secrets && new HttpRelay({ ...stream, ...ground, url, secrets, breaker, retry: retries ? announcer : undefined })
  );
}
