import type { StreamOptions } from './actionlog-options.ts';

/**
 * Stream options from environment variables, which the library itself never reads: `stream: streamFromEnv(process.env)`.
 *
 * - `STREAM_URL`, `STREAM_SECRET` (several, newest first, separated by spaces), `STREAM_PUBLIC_URL`: the default wire
 * - `WSS_INTERNAL_HOST`, `WSS_INTERNAL_PORT` (9999), `WSS_INTERNAL_KEY`, `WSSECRET`: Gyroscope's wire, for
 *   `compatibility: 'gyroscope'`; taken where the first two are not set
 *
 * @returns undefined where none of them is set: nothing is announced
 * @throws TypeError where one of `STREAM_URL` and `STREAM_SECRET` is set without the other
 */
export function streamFromEnv(env: Readonly<Record<string, string | undefined>>): StreamOptions | undefined {
  const publicUrl = env['STREAM_PUBLIC_URL'] ? { publicUrl: env['STREAM_PUBLIC_URL'] } : {};
  if (env['STREAM_URL'] || env['STREAM_SECRET']) {
    if (!env['STREAM_URL'] || !env['STREAM_SECRET']?.trim()) {
      const missing = env['STREAM_URL'] ? 'STREAM_SECRET' : 'STREAM_URL';
      throw new TypeError(`streamFromEnv: ${missing} is not set; the default wire needs STREAM_URL and STREAM_SECRET`);
    }
    const secrets = env['STREAM_SECRET'].split(/\s+/).filter((secret) => secret !== '');
    return { url: env['STREAM_URL'], secrets, ...publicUrl };
  }
  const { WSS_INTERNAL_HOST: host, WSS_INTERNAL_KEY: internalKey, WSSECRET: wssecret } = env;
  if (!host && !internalKey && !wssecret) return undefined;
  return {
    ...(host ? { url: `http://${host.includes(':') ? `[${host}]` : host}:${env['WSS_INTERNAL_PORT'] || '9999'}` } : {}),
    internalKey: internalKey ?? '',
    ...(wssecret === undefined ? {} : { wssecret }),
    ...publicUrl,
  };
}
