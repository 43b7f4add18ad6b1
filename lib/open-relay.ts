import type { CheckedOptions } from './actionlog-options.ts';
import type { OnError } from './errors.ts';
import type { CircuitBreaker } from './stream/circuit-breaker.ts';
import { GyroscopeTcpRelay } from './stream/gyroscope-relay.ts';
import { HttpRelay, type Relay } from './stream/relay.ts';

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
): Relay | undefined {
  if (!stream?.url || stream.mode === 'poll') return undefined;
  const { url, secrets, internalKey, wssecret } = stream;
  if (compatibility)
    return internalKey && wssecret
      ? new GyroscopeTcpRelay({ ...stream, url, internalKey, wssecret, breaker })
      : undefined;
  return secrets && new HttpRelay({ ...stream, url, secrets, breaker, retry: retries ? announcer : undefined });
}
