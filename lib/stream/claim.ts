import type { Request } from 'express';
import type { Claim } from '../action/entry.ts';
import { conflictField, conflictHeader, connectionField, connectionHeader } from './protocol.ts';

/**
 * Reads what a request claims of itself: the connection id from the query value `wssid_`, a form field of that name or
 * the header `Actionlog-Connection`, in this order; a known conflict from `__tabconflicted` or `Actionlog-Conflicted`
 * likewise; and the request's id from the header of that name. Whatever a browser sends, the outcome is a valid claim.
 *
 * @param correlationHeader none where it is false
 */
export function claimOf(req: Request, correlationHeader: string | false = false): Claim {
  const { query } = req; // Express 5 parses it at each look
  const sent = (field: string, header: string) => lastOf(query, field) ?? lastOf(req.body, field) ?? req.get(header);
  return {
    wssid: connectionId(sent(connectionField, connectionHeader)),
    conflicted: isOn(sent(conflictField, conflictHeader)),
    correlation: correlationHeader === false ? undefined : requestId(req.get(correlationHeader)),
  };
}

/** A request's id: at most 64 printable characters; what is none is ignored. */
function requestId(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  return /^[ -~]{1,64}$/.test(trimmed) ? trimmed : undefined;
}

/**
 * The connection id of a text, by the rules of PHP's `intval`, for which `12abc` is 12; what is below 1 or beyond 32
 * bits names no connection, and is 0.
 */
export function connectionId(value: unknown): number {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? leadingNumber(value) : 0;
  const sid = Math.trunc(number);
  return sid > 0 && sid <= 0xffff_ffff ? sid : 0;
}

function leadingNumber(text: string): number {
  return Number(/^[ \t\n\r\v\f]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)/i.exec(text.slice(0, 64))?.[1] ?? 0);
}

/** As PHP sees a flag in a query by `is_numeric($v) && $v`: the text of any number but `0`. */
function isOn(value: unknown): boolean {
  const isNumber = /^[\t-\r ]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?[\t-\r ]*$/i;
  return typeof value === 'string' && value !== '0' && value.length <= 64 && isNumber.test(value);
}

function lastOf(values: unknown, field: string): unknown {
  if (typeof values !== 'object' || values === null || !Object.hasOwn(values, field)) return undefined;
  const value = (values as Record<string, unknown>)[field];
  return Array.isArray(value) ? value.at(-1) : value;
}
