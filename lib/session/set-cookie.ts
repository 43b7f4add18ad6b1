import type { Response } from 'express';

/** The largest cookie that every browser keeps, in bytes of its header. */
export const maxCookieBytes = 4096;

const nameOf = (header: string) => header.slice(0, header.indexOf('='));

/**
 * Puts `Set-Cookie` headers on the response, in place of those that it already has under the same names: a sign-out
 * takes back the renewal that reading the session has set a moment before.
 */
export function putCookies(res: Response, headers: readonly string[]): void {
  const names = new Set(headers.map(nameOf));
  const before = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
  res.setHeader('Set-Cookie', [...before.filter((header) => !names.has(nameOf(header))), ...headers]);
}
