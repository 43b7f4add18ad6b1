import type { Request } from 'express';

/** Every cookie of Gyroscope's session, in the order in which sign-in sets them. */
export const gyroscopeCookies = [
  'login',
  'dispname',
  'userid',
  'gsid',
  'gsexpiry',
  'gstier',
  'groupnames',
  'auth',
  'gsfrac',
] as const;

export type GyroscopeCookie = (typeof gyroscopeCookies)[number];

/** PHP's `rawurlencode`: everything but letters, digits and `-_.~`. @throws URIError over half a surrogate pair */
export function rawurlencode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** PHP's `stripslashes`: `\\` becomes `\`, `\0` a NUL, and any other character loses the backslash before it. */
export function stripslashes(text: string): string {
  return text.replace(/\\(.?)/gs, (_, char: string) => (char === '0' ? '\0' : char));
}

/** How the cookies of one session are written. */
export interface CookieForm {
  secure: boolean;
  sameSite: 'Lax' | undefined;
  /** Undefined: as the original, without a path. */
  path: string | undefined;
}

/**
 * The path attribute that makes the cookie one for the whole site. The original sets none, since its pages lie in the
 * root: there a browser takes `/` by itself. Of a deeper address such as `/products/12` it would take `/products`.
 */
function pathFor(req: Request, form: CookieForm): string | undefined {
  return form.path ?? (/^\/[^/?]*(?:\?|$)/.test(req.originalUrl) ? undefined : '/');
}

/** The attributes as PHP's `setcookie` writes them. */
function attributes(form: CookieForm, path: string | undefined): string {
  const sameSite = form.sameSite ? `; SameSite=${form.sameSite}` : '';
  return `${path === undefined ? '' : `; path=${path}`}${form.secure ? '; secure' : ''}; HttpOnly${sameSite}`;
}

/** A `Set-Cookie` header as PHP's `setcookie` writes it: `login=jo%20smith; secure; HttpOnly`. */
export function cookieHeader(req: Request, name: GyroscopeCookie, value: string, form: CookieForm): string {
  return `${name}=${rawurlencode(value)}${attributes(form, pathFor(req, form))}`;
}

/** The headers that delete a cookie, in PHP's form: for the path that the browser takes by itself, and for the site's. */
export function deletionHeaders(name: GyroscopeCookie, form: CookieForm): string[] {
  const paths = new Set([undefined, '/', form.path]);
  return [...paths].map(
    (path) => `${name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0${attributes(form, path)}`,
  );
}
