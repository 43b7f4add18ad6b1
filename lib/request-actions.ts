import { type Request, request } from 'express';
import type { ActorActions } from './logaction.ts';
import { middlewareMissing } from './session/guards.ts';

/** What a request gets. */
type RequestActions = Pick<ActorActions, 'logaction' | 'streamaction'>;
type MakeActions = (req: Request) => RequestActions;

/** Where a request keeps its actions, or what makes them. */
const kept = Symbol('express-actionlog: actions');
/** On Express's request prototype: its requests have the two functions from there. */
const offered = Symbol('express-actionlog: actions are offered');

type ActingRequest = Request & { [kept]?: RequestActions | MakeActions };

/**
 * Gives Express's requests `logaction` and `streamaction`, which are made where they are first asked for: most requests
 * change nothing, and properties of a request's own cost as much as reading its session. On a request that the middleware
 * has not seen they say what is missing, where they would be no functions.
 */
export function offerActions(): void {
  for (const name of ['logaction', 'streamaction'] as const) {
    if (Object.hasOwn(request, name)) return; // another copy of this package: its requests get properties of their own
    Object.defineProperty(request, name, {
      configurable: true,
      get(this: ActingRequest) {
        return actionsOf(this)?.[name] ?? missing(name);
      },
      set(this: Request, value: unknown) {
        Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
      },
    });
  }
  Object.defineProperty(request, offered, { value: true });
}

/** Gives a request its actions, made by `make` where they are asked for. */
export function giveActions(req: Request, make: MakeActions): void {
  if (offered in req) (req as ActingRequest)[kept] = make;
  else Object.assign(req, make(req)); // of another copy of Express
}

function actionsOf(req: ActingRequest): RequestActions | undefined {
  const given = req[kept];
  if (typeof given !== 'function') return given;
  const actions = given(req);
  req[kept] = actions;
  return actions;
}

function missing(name: string): unknown {
  const explain = () => {
    throw middlewareMissing(`req.${name}`);
  };
  return Object.assign(explain, { many: explain });
}
