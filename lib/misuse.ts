import { ActionlogError } from './errors.ts';

/**
 * Refuses what Express hands to a handler, where a handler is to be made: `app.use(actionlog.middleware)` without the call.
 *
 * @throws TypeError which Express shows at the first request
 */
export function refuseAsHandler(call: string, given: readonly unknown[]): void {
  if (typeof given[2] !== 'function') return; // the third that Express gives is next()
  const [name] = call.split('(');
  throw new TypeError(`actionlog.${name} makes a handler, and is none: call it, as in app.use(actionlog.${call})`);
}

let isListening = false;

/** Says what Node's end of the process does not: that an error of ours met nobody who awaited it. */
export function explainUnawaited(): void {
  if (isListening) return;
  isListening = true;
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    if (origin !== 'unhandledRejection' || !(error instanceof ActionlogError)) return;
    console.error(
      `express-actionlog: nobody awaited what was rejected with ${error.code}: await req.logaction(…) in an async handler, ` +
        'so that Express answers with the error (Express 4: in try and catch, with next(error))',
    );
  });
}
