import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { z } from 'zod';
import { phpJson } from '../action/php.ts';
import { ActionlogError } from '../errors.ts';
import type { Id } from '../session/id.ts';
import { startBudget } from './budget.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { type GyroscopeRelay, relayAuth, tenantKey } from './gyroscope-keys.ts';
import type { Dump } from './protocol.ts';
import type { OutgoingEvent, Relay, RelayOutcome } from './relay.ts';
import { RelayQueue } from './relay-queue.ts';

/** Options of the relay on Gyroscope's wire. */
export interface GyroscopeRelayOptions {
  /** Address of the streaming server: `http://127.0.0.1:9999`. */
  url: string;
  internalKey: string;
  wssecret: string;
  timeZone: string;
  /** Budget for making the connection, in milliseconds. */
  connectTimeoutMs: number;
  /** Budget for one relay in all, in milliseconds. */
  timeoutMs: number;
  maxConnections: number;
  maxQueued: number;
  maxConnectionsPerSecond: number;
  /** Keeps a dead server from being asked; always asked where it is left out. */
  breaker?: CircuitBreaker | undefined;
}

/** How long the server is given to end the connection, or to answer a dump, in milliseconds. */
const endMs = 100;
/** Most bytes that are read of an answer. */
const maxAnswerBytes = 1_048_576;

const answerSchema = z.union([
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.custom<Dump>(
    (value) => typeof value === 'object' && value !== null && ('gsidmap' in value || 'wsclientmap' in value),
  ),
]);

/**
 * The relay on Gyroscope's wire, to the byte as PHP sends it: a bare upgrade request, then one JSON text that is no web
 * socket frame, one action to a connection. Here the sender closes, and its ports stay in TIME_WAIT: so connections are
 * paced. The wire has no acknowledgement: an event counts as sent once it is written after a 101 answer.
 */
export class GyroscopeTcpRelay implements Relay {
  readonly #options: GyroscopeRelayOptions;
  readonly #url: URL;
  readonly #queue: RelayQueue<GyroscopeRelay, RelayOutcome>;

  constructor(options: GyroscopeRelayOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#queue = new RelayQueue({
      ...options,
      maxBatch: 1,
      deliver: async ([relay]) => (relay ? [await this.#attempt(relay)] : []),
    });
  }

  async send({ sid, userid, gsid, rectype, recid }: OutgoingEvent): Promise<RelayOutcome> {
    const paused = this.#options.breaker?.admit();
    if (paused) throw paused;
    const relay: GyroscopeRelay = { sid, userid, gsid, type: 'update', rectype, recid };
    return await this.#queue.add(relay, () => this.#options.breaker?.withdrawn());
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#queue.close(timeoutMs);
  }

  async #attempt(relay: GyroscopeRelay): Promise<RelayOutcome> {
    const { breaker } = this.#options;
    return breaker ? await breaker.attempt(() => this.#deliver(relay)) : await this.#deliver(relay);
  }

  async #deliver(relay: GyroscopeRelay): Promise<RelayOutcome> {
    const { url, connectTimeoutMs, timeoutMs } = this.#options;
    const { hostname, port, protocol } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const target = { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
    const socket = protocol === 'https:' ? connectTls({ ...target, servername: host }) : connect(target);
    const budget = (ms: number, code: 'relay-unreachable' | 'relay-timeout', what: string) =>
      startBudget(ms, () => {
        socket.destroy(new ActionlogError(code, `streaming server at ${url}: ${what} within ${ms} ms`));
      });
    const stopConnecting = budget(connectTimeoutMs, 'relay-unreachable', 'no connection');
    const stopWhole = budget(timeoutMs, 'relay-timeout', 'no answer to the handshake');
    socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', stopConnecting);
    try {
      socket.write(this.#handshake(host, relay.gsid));
      const status = await headStatus(socket);
      stopWhole();
      if (status !== 101) throw refusal(status, url);
      socket.end(this.#message(relay));
      return outcomeOf(await rest(socket), url);
    } catch (error) {
      if (error instanceof ActionlogError) throw error;
      const message = `streaming server at ${url} cannot be reached: is it running, and is the address right?`;
      throw new ActionlogError('relay-unreachable', message, { cause: error });
    } finally {
      stopConnecting();
      stopWhole();
      socket.destroy();
    }
  }

  #handshake(host: string, gsid: Id): string {
    const key = tenantKey(this.#options.wssecret, gsid, this.#options);
    const lines = ['Upgrade: WebSocket', 'Connection: Upgrade', 'Origin: http://localhost/', `Host: ${host}`];
    return `${[`GET /?WSS${key}= HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
  }

  #message(relay: GyroscopeRelay): string {
    const auth = relayAuth(this.#options.internalKey, relay, this.#options);
    return phpJson({ type: 'relay', auth, relay });
  }
}

/** Reads the answer up to the end of its headers, and gives its status. */
async function headStatus(socket: Socket): Promise<number> {
  let head = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    head += (chunk as Buffer).toString('latin1');
    if (head.includes('\r\n\r\n') || head.length > 16_384) break;
  }
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
}

/** What comes until the server ends, for at most {@link endMs}. */
async function rest(socket: Socket): Promise<string> {
  const stop = startBudget(endMs, () => socket.destroy());
  let text = '';
  try {
    for await (const chunk of socket) {
      text += (chunk as Buffer).toString();
      if (text.length > maxAnswerBytes) break;
    }
  } catch (error) {
    // Still busy after our time: it has the event. A reset may have taken the event with it.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    stop();
  }
  return text;
}

function outcomeOf(text: string, url: string): RelayOutcome {
  if (text === '') return {};
  let answer: z.infer<typeof answerSchema> | undefined;
  try {
    answer = answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return {}; // another server's answer: Gyroscope's wire gives it no meaning
  }
  if (answer && 'error' in answer)
    throw new ActionlogError('relay-unauthorized', `streaming server at ${url}: ${answer.error.message}`);
  return answer ? { dump: answer } : {};
}

function refusal(status: number, url: string): ActionlogError {
  if (status === 401 || status === 403) {
    const message = `streaming server at ${url} refused the key: are wssecret and timeZone the same on both sides, and the clocks together?`;
    return new ActionlogError('relay-unauthorized', message, { fields: { status } });
  }
  const what = status === 0 ? 'no HTTP answer' : `status ${status}`;
  return new ActionlogError('relay-refused', `streaming server at ${url}: ${what} to the handshake`, {
    fields: { status },
  });
}
