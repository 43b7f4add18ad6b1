import type { PageToken, ResumeStatement, StreamKeys } from '../stream/keys.ts';
import { bearerPrefix, resumePrefix, subprotocol } from '../stream/protocol.ts';
import type { Wanted } from './engine.ts';
import { type Refusal, refuseSocket } from './http-answers.ts';
import { join } from './join.ts';
import { greetingFrame } from './messages.ts';
import type { Page } from './page.ts';
import type { PageLink } from './page-link.ts';
import type { Parts, Upgrade } from './parts.ts';
import { wantedOf } from './wanted.ts';

interface Verified {
  token: PageToken;
  resume: ResumeStatement | undefined;
  wanted: Wanted | undefined;
}

/** Takes a page on the default wire: its token is checked before the upgrade. */
export async function takePage(upgrade: Upgrade, parts: Parts): Promise<void> {
  const { keys } = parts;
  if (!keys) {
    refuseSocket(upgrade.socket, 'wire-closed', 'the default wires are closed: no option "secrets" was given');
    return;
  }
  const verified = await verify(upgrade, keys).catch((error): Refusal => {
    parts.onError(error);
    return { code: 'server-failed' };
  });
  if ('code' in verified) {
    const { code, message } = verified;
    if (code === 'token-invalid') parts.warnings.warn('token', `a page was refused: ${message}`);
    return refuseSocket(upgrade.socket, code, message);
  }
  // From here on nothing is awaited, so that what is asked now still holds once the page is in.
  const { token, resume } = verified;
  if (parts.revocations.refuses(token)) return refuseSocket(upgrade.socket, 'token-revoked');
  const refusal = parts.admission.refusesPage({ gsid: token.gsid, userid: token.userid, claimed: resume?.sid });
  if (refusal) return refuseSocket(upgrade.socket, refusal.code, refusal.message, refusal.retryAfterMs);
  parts.accept(upgrade, 'default', (link) => enter(link, verified, keys, parts));
}

async function verify({ req }: Upgrade, keys: StreamKeys): Promise<Verified | Refusal> {
  const offered = (req.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  const after = (prefix: string) => offered.find((part) => part.startsWith(prefix))?.slice(prefix.length);
  const bearer = after(bearerPrefix);
  if (!bearer) return { code: 'token-missing' };
  if (!offered.includes(subprotocol)) return { code: 'protocol-missing' };
  const token = await keys.verifyToken(bearer);
  if (!token) return { code: 'token-invalid', message: whyInvalid(await keys.endOf(bearer)) };
  const statement = after(resumePrefix);
  const resume = statement ? await keys.verifyResume(statement) : undefined;
  const isOwn = resume?.gsid === token.gsid && resume.userid === token.userid;
  return { token, resume: isOwn ? resume : undefined, wanted: wantedOf(offered) };
}

/** @param end of a token that is ours, Unix time in milliseconds */
function whyInvalid(end: number | undefined): string {
  if (end === undefined)
    return "its token is signed by none of this server's secrets; the application's stream.secrets must be among them (STREAM_SECRET on both sides)";
  const now = Date.now();
  const ago = Math.round((now - end) / 1000);
  const [ended, here] = [end, now].map((ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`);
  return `its token ended ${ago} s ago (at ${ended}, here it is ${here}): are this clock and the application server's together?`;
}

function enter(link: PageLink, { token, resume, wanted }: Verified, keys: StreamKeys, parts: Parts): void {
  const { gsid, userid } = token;
  const page = join(link, { gsid, userid, claimed: resume?.sid, token }, parts);
  link.belongTo(page);
  greet(page, wanted, keys, parts).catch((error) => {
    parts.onError(error);
    link.close('failed');
  });
}

async function greet(page: Page, wanted: Wanted | undefined, keys: StreamKeys, { engine }: Parts): Promise<void> {
  const { sid, gsid, userid } = page;
  const time = Date.now(); // of no later than the place: what comes from here on, the page is sent or may ask for
  // The page is a member already: what the engine does not tell of yet, the page holds.
  const begun = engine.begin(gsid, wanted);
  const resume = await keys.issueResume({ sid, gsid, userid });
  const beginning = await begun;
  const { recovered } = beginning;
  const greeting = { type: 'getsid', sid, gsid, userid, ...beginning.from, resume, time } as const;
  page.greet(greetingFrame(recovered === undefined ? greeting : { ...greeting, recovered }), beginning);
}
