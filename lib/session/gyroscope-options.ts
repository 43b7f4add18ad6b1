import type { Request } from 'express';
import { z } from 'zod';
import { callback, parseOptions, secrets, timeZone } from '../options.ts';
import type { ClientAddresses } from './gyroscope-address.ts';
import { cookiePath } from './signed-options.ts';

/** Options of {@link gyroscopeSession}. */
export interface GyroscopeSessionOptions {
  /** Gyroscope's `saltroot`. One that is short or was published is taken with a warning, unless `hardened`. */
  saltroot: string;
  /** The application's time zone, such as `America/Toronto`: the same as PHP's `date_default_timezone`; default `UTC`. */
  timeZone?: string | undefined;
  /**
   * The addresses that the session is bound to, where Gyroscope's PHP servers see others than this one does: as PHP has
   * them, before Gyroscope cuts them. Default: `req.ip`, by Express's `trust proxy`, and the peer of the socket. What it
   * throws goes to `next(err)`.
   */
  clientAddresses?: ((req: Request) => ClientAddresses) | undefined;
  /** Whether the cookies are for https alone; default true, as the original. */
  secure?: boolean | undefined;
  /**
   * Path attribute of the cookies; default: none, as the original, and `/` where a request lies deeper than the root.
   * Set it where PHP signs in at an address such as `/app/login.php`: then `/app`, or the browser holds two cookies of
   * one name.
   */
  path?: string | undefined;
  /**
   * Default false. With true a `saltroot` that is short or was published is a `TypeError`, and cookies are set with
   * `SameSite=Lax`, which PHP does not mind.
   */
  hardened?: boolean | undefined;
}

const schema = z.strictObject({
  saltroot: z.string().min(1, "Gyroscope's saltroot, not an empty string"),
  timeZone: timeZone.default('UTC'),
  clientAddresses: callback<(req: Request) => ClientAddresses>().optional(),
  secure: z.boolean().default(true),
  path: cookiePath.optional(),
  hardened: z.boolean().default(false),
});

const hardenedSchema = schema.extend({ saltroot: secrets.element });

/** Options with their defaults. @throws TypeError naming the option and the remedy, never the saltroot */
export function parseGyroscopeSessionOptions(options: GyroscopeSessionOptions): z.output<typeof schema> {
  const given = parseOptions(schema, options, 'gyroscopeSession');
  if (given.hardened) return parseOptions(hardenedSchema, options, 'gyroscopeSession');
  if (!secrets.element.safeParse(given.saltroot).success) {
    process.emitWarning(
      'gyroscopeSession: saltroot is shorter than 32 bytes, or was published: whoever guesses it can sign in as anyone. ' +
        'Give Gyroscope and this application a longer one; every user then signs in again.',
      { code: 'ACTIONLOG_WEAK_SALTROOT' },
    );
  }
  return given;
}
