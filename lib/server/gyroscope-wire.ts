import { ActionlogError } from '../errors.ts';
import { holderOfKey, type KeyHolder, relayAuthIsRight } from '../stream/gyroscope-keys.ts';
import { maxEventLength } from '../stream/protocol.ts';
import { asksForDump, takeDump } from './dumps.ts';
import { endGently } from './gentle-end.ts';
import { type GyroscopeRelayMessage, parseGyroscopeRelay } from './gyroscope-message.ts';
import { takeGyroscopePage } from './gyroscope-page.ts';
import { refuseSocket } from './http-answers.ts';
import type { Parts, Upgrade } from './parts.ts';
import { readObject, type TextFailure } from './relay-text.ts';
import type { GyroscopeSecrets } from './stream-server-options.ts';

/** A relay is an object within an object. */
const relayDepth = 2;

const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n';

/** The key in an address of Gyroscope's wire, `…?WSS<key>=`, on any path; undefined in any other address. */
export function gyroscopeKey(url: string | undefined): string | undefined {
  const key = /^[^?]*\?WSS([^=&]*)/.exec(url ?? '')?.[1];
  if (key === undefined) return undefined;
  try {
    return decodeURIComponent(key);
  } catch {
    return key; // no percent encoding: then the key is what stands there
  }
}

/** Takes an upgrade of Gyroscope's wire: a browser's, or the bare one of its application server. */
export function takeGyroscopeUpgrade(upgrade: Upgrade, key: string, secrets: GyroscopeSecrets, parts: Parts): void {
  const isBare = upgrade.req.headers['sec-websocket-key'] === undefined;
  const holder = holderOfKey(key, secrets.wssecret, secrets);
  // A browser's key names its user, and lies open to that user: it must not pass for an application server's.
  if (!holder || (isBare && holder.userid !== undefined)) {
    parts.warnings.warn('key', `a ${isBare ? 'relay' : 'browser'} came with a wrong key: ${keyHint}`);
    refuseSocket(upgrade.socket, 'key-wrong');
  } else if (!isBare) takeGyroscopePage(upgrade, key, holder, secrets, parts);
  else if (secrets.internalKey === undefined) {
    parts.warnings.warn('relay', `a relay on Gyroscope's wire was refused: ${noRelays}`);
    refuseSocket(upgrade.socket, 'wire-closed', noRelays);
  } else {
    takeGyroscopeRelay(upgrade, holder, { ...secrets, internalKey: secrets.internalKey }, parts).catch((error) => {
      parts.onError(error);
      upgrade.socket.destroy();
    });
  }
}

/** Secrets that can prove a relay. */
type RelaySecrets = GyroscopeSecrets & { internalKey: string };

const noRelays =
  'this streaming server has an empty internalKey (WSS_INTERNAL_KEY), as in legacy mode, where it looks into the table itself; give it the key of the application that relays';

const keyHint = 'both sides need the same wssecret and time zone, and clocks that are together';

/**
 * Takes one relay. The sender waits for the 101 without a limit, and a reset would end its page: so the answer comes at
 * once, and whatever is wrong after it, the connection ends in order.
 */
async function takeGyroscopeRelay(
  { socket, head }: Upgrade,
  holder: KeyHolder,
  secrets: RelaySecrets,
  parts: Parts,
): Promise<void> {
  socket.write(switching);
  const { relayTimeoutMs: timeoutMs } = parts.options;
  const bytes = await readObject(socket, head, { maxBytes: maxEventLength, maxDepth: relayDepth, timeoutMs });
  const message = typeof bytes === 'string' ? bytes : parseGyroscopeRelay(bytes);
  const refusal = refusalOf(message, holder, secrets);
  if (refusal !== undefined || typeof message !== 'object') {
    const said = refusal ?? 'no relay';
    parts.meter.refused.add('relay', 'relay-refused');
    parts.warnings.warn('relay', `a relay on Gyroscope's wire was refused: ${said}`);
    endGently(socket, JSON.stringify({ error: { code: 'relay-refused', message: said } }));
    return;
  }
  const { event, given } = message;
  if (asksForDump(event)) {
    endGently(socket, JSON.stringify(await takeDump(event, parts)));
    return;
  }
  try {
    await parts.publish(event, given);
    endGently(socket);
  } catch (error) {
    if (!(error instanceof ActionlogError)) throw error;
    parts.warnings.warn('engine', `a relay on Gyroscope's wire was lost: ${error.message}`);
    endGently(socket, JSON.stringify({ error: { code: error.code, message: error.message } }));
  }
}

const failures: Record<TextFailure, string> = {
  'too-long': `it is longer than ${maxEventLength} bytes`,
  'too-deep': 'it is nested too deep',
  'too-slow': 'it did not arrive in time',
  'no-json': 'it is no JSON object',
  'cut-off': 'it ended before its JSON did',
};

function refusalOf(
  message: GyroscopeRelayMessage | TextFailure | undefined,
  holder: KeyHolder,
  secrets: RelaySecrets,
): string | undefined {
  if (typeof message === 'string') return failures[message];
  if (!message) return 'it is no message {"type":"relay","auth","relay":{…}} as it should be';
  const { auth, relay, event } = message;
  if (event.gsid !== holder.gsid) return 'its gsid is not the one of its key';
  if (!relayAuthIsRight(auth, secrets.internalKey, relay, secrets)) {
    return 'its auth is wrong: both sides need the same internalKey and time zone, and clocks that are together';
  }
  return undefined;
}
