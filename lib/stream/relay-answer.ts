import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { Dump } from './protocol.ts';
import { retryAfterMs } from './relay-retries.ts';

const answerSchema = z.object({
  accepted: z.number(),
  refused: z.array(z.object({ index: z.number(), code: z.string() })),
  dump: z.custom<Dump>((value) => value === undefined || (typeof value === 'object' && value !== null)).optional(),
});
const errorSchema = z.object({ error: z.object({ code: z.string().optional(), message: z.string() }) });

/** What the streaming server says of a relay that it has taken. */
export type TakenRelay = z.infer<typeof answerSchema>;

/**
 * Reads what the streaming server has answered to a relay.
 *
 * @throws ActionlogError `relay-unauthorized` or `relay-refused`, with the `status` and what `Retry-After` said, where it has not taken it
 */
export function takenRelay({ status, headers, text }: HttpAnswer, url: string): TakenRelay {
  if (status !== 202) throw refusal(status, text, url, retryAfterMs(headers.get('retry-after')));
  const answer = answerSchema.safeParse(json(text));
  if (answer.success) return answer.data;
  const message = `${url} answered with something other than a streaming server's 202: is the address right?`;
  throw new ActionlogError('relay-refused', message, { fields: { status } });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON: the schema refuses it, and the caller says so
  }
}

function refusal(status: number, text: string, url: string, retryAfterMs: number | undefined): ActionlogError {
  const answer = errorSchema.safeParse(json(text));
  const said = answer.success ? answer.data.error.message : `answered with status ${status}`;
  const code = status === 401 || status === 403 ? 'relay-unauthorized' : 'relay-refused';
  const refusal = answer.success ? answer.data.error.code : undefined;
  const fields = { status, refusal, retryAfterMs };
  return new ActionlogError(code, `streaming server at ${url}: ${said}${hintOf(status, refusal)}`, { fields });
}

/** Where to look on this side. */
function hintOf(status: number, refusal: string | undefined): string {
  if (refusal === 'signature-wrong')
    return "; compare stream.secrets here with that server's secrets (STREAM_SECRET on both sides)";
  return status === 404 || status === 405
    ? '; is this the address of a streaming server? One that is attached to an app needs its path too, such as /actionlog'
    : '';
}
