import type { Request } from 'express';
import { z } from 'zod';
import { callback, count, parseOptions, timeZone } from '../options.ts';
import type { Actor } from '../session/actor.ts';

/** A request of a signed-in user. */
export type SignedInRequest = Request & { actor: Actor };

/** What the viewer takes. */
export interface ViewerOptions {
  /**
   * Who may look: true lets in, false is answered with 403. It is asked for each request of a signed-in user; who is not
   * signed in is sent away before. What it throws or rejects with goes to `next(err)`.
   */
  authorize: (req: SignedInRequest) => boolean | Promise<boolean>;
  /** Heading of the page, at most 100 characters; default `Activity`. */
  title?: string | undefined;
  /** Where the link back into the application leads; default: there is none. */
  homeUrl?: string | undefined;
  /** What that link says; default `Back`. */
  homeName?: string | undefined;
  /** The application's own page of a record, as an `http(s)` address or a path; undefined where it has none. */
  recordUrl?: ((rectype: string, recid: string) => string | undefined) | undefined;
  /**
   * Names to show instead of login names, by user id, for the users on the page; who is not in the map is shown by the
   * login name. What it throws or rejects with goes to `next(err)`.
   */
  userNames?:
    | ((userids: readonly string[], actor: Actor) => ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>)
    | undefined;
  /** In whose words days and times are told, as a language tag; default `en-GB`. The page itself is in English. */
  locale?: string | undefined;
  /** IANA time zone of days and times; default: that of the server. */
  timeZone?: string | undefined;
  /** Entries of one page, 1 to 200; default 50. */
  pageSize?: number | undefined;
}

const whoMayLook =
  'a function that says who may look, since entries tell what everybody of the tenant does: ' +
  'authorize: (req) => req.actor.groups.includes("admins"), or authorize: () => true for all who are signed in';

const locale = z.string().refine((tag) => {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false; // no language tag at all
  }
}, 'a language tag that this Node knows, such as "en-GB" or "de-AT"');

const words = z.string().trim().min(1, 'some words').max(100, 'at most 100 characters');

const schema = z.strictObject({
  authorize: z.custom<ViewerOptions['authorize']>((value) => typeof value === 'function', whoMayLook),
  title: words.default('Activity'),
  homeUrl: z.string().refine(isWebAddress, 'a path such as "/products", or an http(s) address').optional(),
  homeName: words.default('Back'),
  recordUrl: callback<NonNullable<ViewerOptions['recordUrl']>>().optional(),
  userNames: callback<NonNullable<ViewerOptions['userNames']>>().optional(),
  locale: locale.default('en-GB'),
  timeZone: timeZone.optional(),
  pageSize: count.max(200, 'at most 200').default(50),
});

/** The options with their defaults. */
export type CheckedViewerOptions = z.output<typeof schema>;

/** @throws TypeError where an option is wrong, or `authorize` is missing */
export function checkViewerOptions(options: ViewerOptions): CheckedViewerOptions {
  return parseOptions(schema, options, 'viewer');
}

/** Whether a link may lead there: a path, or an address of the web, not a script, nor another site without its scheme. */
export function isWebAddress(url: string): boolean {
  const base = 'http://this.invalid';
  return URL.canParse(url, base) && (new URL(url, base).origin === base || /^https?:\/\//i.test(url));
}
