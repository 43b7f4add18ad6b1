import { request } from 'undici';

/** What an address answers. */
export interface Answer {
  status: number;
  text: string;
}

/** Asks an address below the streaming server's; rejects where nobody answers in time. */
export async function look(url: string, path: string, timeoutMs: number): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { statusCode, body } = await request(`${url}${path}`, { signal, headers: { connection: 'close' } });
  return { status: statusCode, text: (await body.text()).trim() };
}

/** The sum of a metric's values in a text of Prometheus; undefined where it is not there. */
export function sumOf(text: string, name: string): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** What went wrong, with what led to it, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const message = error.message || String(code ?? error.name);
  return inner === undefined ? message : `${message} (${reasonOf(inner)})`;
}
