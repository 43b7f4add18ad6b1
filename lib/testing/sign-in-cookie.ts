import type { Request, Response } from 'express';

/** Has a session set its cookies on a request that is none, and gives them as a browser sends them back. */
export function cookiesOf(signIn: (req: Request, res: Response) => unknown): string {
  const headers = new Map<string, unknown>();
  const res = {
    headersSent: false,
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    setHeader: (name: string, value: unknown) => headers.set(name.toLowerCase(), value),
  };
  const req = {
    ...{ headers: { host: 'localhost' }, cookies: {}, secure: false, ip: '127.0.0.1', method: 'POST', url: '/' },
    socket: { remoteAddress: '127.0.0.1' },
    app: { get: () => undefined },
    get: () => undefined,
  };
  signIn(req as unknown as Request, res as unknown as Response);
  const set = [headers.get('set-cookie') ?? []].flat().map(String);
  return set.map((header) => header.slice(0, `${header};`.indexOf(';'))).join('; ');
}
