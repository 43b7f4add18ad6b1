import type { PageIdentity, ResumeStatement, StreamKeys } from '../stream/keys.ts';
import { bearerPrefix, resumePrefix, subprotocol } from '../stream/protocol.ts';
import { type HttpRefusal, refuseSocket } from './http-answers.ts';
import { join } from './join.ts';
import { greetingText } from './messages.ts';
import type { Page } from './page.ts';
import type { PageLink } from './page-link.ts';
import type { Parts, Upgrade } from './parts.ts';

interface Verified {
  identity: PageIdentity;
  resume: ResumeStatement | undefined;
}

/** Takes a page on the default wire: its token is checked before the upgrade. */
export async function takePage(upgrade: Upgrade, parts: Parts): Promise<void> {
  const { keys } = parts;
  if (!keys) {
    refuseSocket(upgrade.socket, 'wire-closed', 'the default wires are closed: no option "secrets" was given');
    return;
  }
  const verified = await verify(upgrade, keys).catch((error): HttpRefusal => {
    parts.onError(error);
    return 'server-failed';
  });
  if (verified === 'token-invalid') {
    parts.warnings.warn(
      'token',
      "a page was refused: its token is too old, or signed by none of this server's secrets",
    );
  }
  if (typeof verified === 'string') refuseSocket(upgrade.socket, verified);
  else parts.accept(upgrade, 'default', (link) => enter(link, verified, keys, parts));
}

async function verify({ req }: Upgrade, keys: StreamKeys): Promise<Verified | HttpRefusal> {
  const offered = (req.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  const after = (prefix: string) => offered.find((part) => part.startsWith(prefix))?.slice(prefix.length);
  const token = after(bearerPrefix);
  if (!token) return 'token-missing';
  if (!offered.includes(subprotocol)) return 'protocol-missing';
  const identity = await keys.verifyToken(token);
  if (!identity) return 'token-invalid';
  const statement = after(resumePrefix);
  const resume = statement ? await keys.verifyResume(statement) : undefined;
  const isOwn = resume?.gsid === identity.gsid && resume.userid === identity.userid;
  return { identity, resume: isOwn ? resume : undefined };
}

function enter(link: PageLink, { identity, resume }: Verified, keys: StreamKeys, parts: Parts): void {
  const { gsid, userid } = identity;
  const page = join(link, { gsid, userid, claimed: resume?.sid }, parts);
  link.onMessage(() => link.close('spoke'));
  greet(page, keys, parts).catch((error) => {
    parts.onError(error);
    link.close('failed');
  });
}

async function greet(page: Page, keys: StreamKeys, { engine }: Parts): Promise<void> {
  const { sid, gsid, userid } = page;
  // Asked before anything is awaited: with an engine that answers at once, all that the page holds comes after it.
  const position = engine.position(gsid);
  const resume = await keys.issueResume({ sid, gsid, userid });
  const { epoch, offset } = await position;
  page.greet(greetingText({ type: 'getsid', sid, gsid, userid, epoch, offset, resume, time: Date.now() }));
}
