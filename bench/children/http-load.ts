/* A load of requests on kept connections, by autocannon in a process of its own. */
import autocannon, { type Result } from 'autocannon';
import { type Load, monotonicMs, quantile } from '../support/load.ts';
import { serve } from '../support/serve.ts';

/** One request; those of a load are sent in turns. */
export interface HttpRequest {
  method?: 'GET' | 'POST';
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface HttpLoad {
  url: string;
  connections: number;
  /** Until the time is over, where what is under way is cut off; or exactly so many. */
  until: { durationMs: number } | { requests: number };
  requests: HttpRequest[];
  /** What each answer has to be. */
  expectBody: string;
}

/** What the load has measured. */
export interface HttpLoaded extends Load {
  /** Requests that failed, were refused, or got another answer. */
  bad: number;
  /** On the machine's monotonic clock, in milliseconds. */
  begunAt: number;
  endedAt: number;
}

export const api = serve({
  async load({ url, connections, until, requests, expectBody }: HttpLoad): Promise<HttpLoaded> {
    const times: number[] = [];
    let others = 0;
    const begunAt = monotonicMs();
    let endedAt = begunAt;
    const onResponse = (_status: number, body: string) => {
      if (body !== expectBody) others += 1;
    };
    const { errors, timeouts, non2xx } = await new Promise<Result>((resolve, reject) => {
      const options: autocannon.Options = {
        ...{ url, connections },
        ...('requests' in until ? { amount: until.requests } : { duration: until.durationMs / 1000 }),
        requests: requests.map((request) => ({ ...request, onResponse })),
      };
      const running = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
      running.on('response', (_client, _status, _bytes, ms) => {
        times.push(ms);
        endedAt = monotonicMs();
      });
    });
    return {
      calls: times.length,
      perSecond: (times.length * 1000) / (endedAt - begunAt),
      ...{ p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) },
      ...{ bad: errors + timeouts + others + non2xx, begunAt, endedAt },
    };
  },
});
