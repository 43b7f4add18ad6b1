import type { Request, Response } from 'express';

const cookie = 'sample_flash';

/** What a page may say once, after a redirect. */
const messages = new Map([
  ['saved', 'Saved.'],
  ['saved-anyway', 'Saved over the other change. The activity log says so.'],
  ['unchanged', 'Nothing was changed.'],
  ['renamed', 'Display name changed.'],
  ['signed-out', 'You are signed out.'],
]);

export interface Flash {
  code: string;
  message: string;
}

/** Has the next page say it. */
export function flash(req: Request, res: Response, code: string): void {
  res.cookie(cookie, code, { httpOnly: true, sameSite: 'lax', secure: req.secure, path: '/' });
}

/** What this page is to say, and not the one after it. */
export function takeFlash(req: Request, res: Response): Flash | undefined {
  const code: unknown = req.cookies?.[cookie];
  if (code === undefined) return undefined;
  res.clearCookie(cookie, { httpOnly: true, sameSite: 'lax', secure: req.secure, path: '/' });
  const message = typeof code === 'string' ? messages.get(code) : undefined;
  return message === undefined ? undefined : { code: String(code), message };
}
