import { Pool } from 'undici';
import { startBudget } from './budget.ts';
import type { HttpAnswer } from './http-answer.ts';
import { asRelayError, LoneRequests, late, type RelayTarget, relayPath, type Transport } from './relay-connection.ts';

/** How long an idle connection is kept where the server does not say, in milliseconds. */
const idleMs = 4_000;

/** What undici and the system call a connection that was lost while a request was under way on it. */
const lost = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Requests over connections that stay open between them, for as long as the server keeps them. The server may end one
 * at the very moment at which a request goes out on it: that request goes once more, on a connection of its own.
 */
export class KeptConnections implements Transport {
  readonly #target: RelayTarget;
  readonly #path: string;
  readonly #pool: Pool;
  readonly #lone: LoneRequests;

  constructor(target: RelayTarget, maxConnections: number) {
    this.#target = target;
    this.#path = relayPath(target.url);
    this.#lone = new LoneRequests(target);
    this.#pool = new Pool(new URL(target.url).origin, {
      connections: maxConnections,
      pipelining: 1, // from 1 on, undici asks the server to keep the connection
      keepAliveTimeout: idleMs,
      connect: { timeout: target.connectTimeoutMs },
    });
  }

  async post(sign: () => Record<string, string>, body: string): Promise<HttpAnswer> {
    const { url, timeoutMs } = this.#target;
    const begun = performance.now();
    const budget = new AbortController();
    const stop = startBudget(timeoutMs, () => budget.abort(late('answer', this.#target)));
    try {
      const { signal } = budget;
      const answer = await this.#pool.request({ method: 'POST', path: this.#path, headers: sign(), body, signal });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: headersOf(answer.headers), text };
    } catch (error) {
      const leftMs = Math.ceil(timeoutMs - (performance.now() - begun));
      const again = leftMs > 0 && lost.has(String((error as NodeJS.ErrnoException).code));
      if (again) return await this.#lone.post(sign, body, leftMs);
      throw asRelayError(error, url);
    } finally {
      stop();
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function headersOf(headers: Record<string, string | string[] | undefined>): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
