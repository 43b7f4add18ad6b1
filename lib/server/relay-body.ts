import type { IncomingMessage } from 'node:http';
import type { HttpRefusal } from './http-answers.ts';

/** Bounds of a request's body. */
export interface BodyLimits {
  maxBytes: number;
  timeoutMs: number;
}

/** Why a body was not read; `gone` where the peer left, so that nobody is to be answered. */
export type BodyFailure = Extract<HttpRefusal, 'body-too-large' | 'too-slow'> | 'gone';

/** Reads a request's body as it came, bounded in size and time. */
export function readBody(req: IncomingMessage, { maxBytes, timeoutMs }: BodyLimits): Promise<Buffer | BodyFailure> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('body-too-large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (outcome: Buffer | BodyFailure) => {
      clearTimeout(late);
      req.off('data', take);
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) settle('body-too-large');
      else chunks.push(chunk);
    };
    const late = setTimeout(() => settle('too-slow'), timeoutMs).unref();
    req.on('data', take);
    req.once('end', () => settle(Buffer.concat(chunks)));
    req.once('error', () => settle('gone'));
    req.once('close', () => settle('gone'));
  });
}
