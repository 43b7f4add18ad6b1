import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ActionlogError } from '../errors.ts';
import { startBudget } from './budget.ts';
import { EarlyConnection } from './early-connection.ts';
import { AnswerReader, type HttpAnswer } from './http-answer.ts';

/** Where relays go, and how long they may take. */
export interface RelayTarget {
  /** Address of the streaming server, with the path that it is attached on. */
  url: string;
  /** Budget for making the connection, in milliseconds. */
  connectTimeoutMs: number;
  /** Budget for one relay in all, in milliseconds. */
  timeoutMs: number;
}

/** How requests reach the streaming server. */
export interface Transport {
  /**
   * Posts a body and resolves with the whole answer, whatever its status.
   *
   * @param sign makes the headers, for the moment at which it is called
   * @throws ActionlogError `relay-unreachable` or `relay-timeout`
   */
  post(sign: () => Record<string, string>, body: string): Promise<HttpAnswer>;
  /** A body comes soon: what it needs may be made ready meanwhile. */
  expect?(): void;
  /** Ends the connections that are kept; what is under way on them fails. */
  close(): Promise<void>;
}

/** How long the server is given to end the connection once its answer is whole, in milliseconds. */
const endMs = 100;

/**
 * One request to a connection, which the server ends: whoever ends first keeps the port in TIME_WAIT, and the
 * application server would run out of them. A client of HTTP for this one request, since making the connection is all
 * that a lone relay costs. It may be made early, while the row is being written that the event waits for.
 */
export class LoneRequests implements Transport {
  readonly #target: RelayTarget;
  readonly #isTls: boolean;
  readonly #address: { host: string; port: number };
  readonly #head: string;
  readonly #readyEvent: 'connect' | 'secureConnect';
  readonly #early: EarlyConnection;
  /** Of the last connection: the next one need not prove the certificate anew. */
  #tlsSession: Buffer | undefined;

  constructor(target: RelayTarget) {
    const { protocol, hostname, host, port } = new URL(target.url);
    this.#target = target;
    this.#isTls = protocol === 'https:';
    this.#readyEvent = this.#isTls ? 'secureConnect' : 'connect';
    this.#early = new EarlyConnection(() => this.#connect(), this.#readyEvent);
    this.#address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (this.#isTls ? 443 : 80)) };
    this.#head = `POST ${relayPath(target.url)} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`;
  }

  expect(): void {
    this.#early.make();
  }

  /** @param timeoutMs what is left of the budget for the relay in all */
  async post(
    sign: () => Record<string, string>,
    body: string,
    timeoutMs = this.#target.timeoutMs,
  ): Promise<HttpAnswer> {
    const begun = performance.now();
    const early = this.#early.take();
    try {
      return await this.#request(early?.socket ?? this.#connect(), early?.isReady ?? false, sign, body, timeoutMs);
    } catch (error) {
      const leftMs = Math.ceil(timeoutMs - (performance.now() - begun));
      // the server may have ended it meanwhile; a relay that it has taken already is known by its id
      const { code, cause } = error as ActionlogError;
      const ended = code === 'relay-unreachable' && cause !== undefined; // without one it was not made in time
      if (!early || !ended || leftMs <= 0) throw error;
      return await this.#request(this.#connect(), false, sign, body, leftMs);
    }
  }

  #request(
    socket: Socket,
    isReady: boolean,
    sign: () => Record<string, string>,
    body: string,
    timeoutMs: number,
  ): Promise<HttpAnswer> {
    const { url, connectTimeoutMs } = this.#target;
    return new Promise((resolve, reject) => {
      const reader = new AnswerReader();
      let stopEnding: (() => void) | undefined;
      const settle = (settled: () => void) => {
        stopConnecting();
        stopWhole();
        stopEnding?.();
        settled();
        socket.destroy(); // all that came is read: this is an end, not a reset
      };
      const fail = (error: unknown) => settle(() => reject(asRelayError(error, url)));
      const ended = () => {
        try {
          const answer = reader.end();
          settle(() => resolve(answer));
        } catch (error) {
          fail(error);
        }
      };
      const stopConnecting = isReady
        ? () => undefined
        : startBudget(connectTimeoutMs, () => fail(late('connect', this.#target)));
      const stopWhole = startBudget(timeoutMs, () => fail(late('answer', this.#target)));
      socket.once(this.#readyEvent, stopConnecting);
      socket.on('data', (piece) => {
        if (stopEnding) return; // the answer is whole
        try {
          if (reader.take(piece)) stopEnding = startBudget(endMs, ended);
        } catch (error) {
          fail(error);
        }
      });
      socket.once('end', ended);
      // A peer that resets once its answer is whole has taken nothing back.
      socket.on('error', (error) => (stopEnding ? ended() : fail(error)));
      socket.write(this.#head + headerText(sign(), body) + body);
    });
  }

  async close(): Promise<void> {
    this.#early.drop();
  }

  #connect(): Socket {
    const address = { ...this.#address, noDelay: true };
    if (!this.#isTls) return connect(address);
    const servername = isIP(address.host) ? '' : address.host;
    const session = this.#tlsSession;
    const socket = connectTls({ ...address, servername, ALPNProtocols: ['http/1.1'], ...(session ? { session } : {}) });
    socket.on('session', (given) => {
      this.#tlsSession = given;
    });
    return socket;
  }
}

/** The path of the relay's endpoint below a streaming server's address. */
export function relayPath(url: string): string {
  return `${new URL(url).pathname.replace(/\/$/, '')}/relay`;
}

function headerText(headers: Record<string, string>, body: string): string {
  let text = `content-length: ${Buffer.byteLength(body)}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  return `${text}\r\n`;
}

const isItRunning = 'is it running (npx express-actionlog serve), and is the address right?';

/** The error of a budget that is spent. */
export function late(what: 'connect' | 'answer', { url, connectTimeoutMs, timeoutMs }: RelayTarget): ActionlogError {
  return what === 'connect'
    ? new ActionlogError(
        'relay-unreachable',
        `streaming server at ${url}: no connection within ${connectTimeoutMs} ms: ${isItRunning}`,
      )
    : new ActionlogError('relay-timeout', `streaming server at ${url}: no answer within ${timeoutMs} ms`);
}

/** What failed on the way, as whoever announces is told. */
export function asRelayError(error: unknown, url: string): ActionlogError {
  if (error instanceof ActionlogError) return error;
  const message = `streaming server at ${url} cannot be reached: ${isItRunning}`;
  return new ActionlogError('relay-unreachable', message, { cause: error });
}
