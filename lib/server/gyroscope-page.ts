import { holderOfKey, type KeyHolder } from '../stream/gyroscope-keys.ts';
import { type Introduction, parseIntroduction } from './gyroscope-message.ts';
import { type Refusal, refuseSocket } from './http-answers.ts';
import { join } from './join.ts';
import { gyroscopeGreetingText } from './messages.ts';
import type { Page } from './page.ts';
import type { PageLink } from './page-link.ts';
import type { Parts, Upgrade } from './parts.ts';
import type { GyroscopeSecrets } from './stream-server-options.ts';

/** Longest userid that is taken, in characters. */
const maxIdLength = 191;

/**
 * Takes a browser on Gyroscope's wire. A key since 18.6 proves the user, who is greeted at once; an older one proves the
 * tenant alone, and the page introduces itself first. That is the one message that a page may send, and send once.
 */
export function takeGyroscopePage(
  upgrade: Upgrade,
  key: string,
  holder: KeyHolder,
  secrets: GyroscopeSecrets,
  parts: Parts,
): void {
  const isRevoked =
    holder.userid !== undefined && parts.revocations.refusesKey(key, { ...holder, userid: holder.userid });
  const refusal: Refusal | undefined = isRevoked
    ? { code: 'key-revoked' }
    : parts.admission.refusesPage({ ...holder, userid: holder.userid });
  if (refusal) {
    refuseSocket(upgrade.socket, refusal.code, refusal.message, refusal.retryAfterMs);
    return;
  }
  parts.accept(upgrade, 'gyroscope', (link) => {
    const { userid } = holder;
    const page = userid === undefined ? undefined : enter(link, holder.gsid, userid, JSON.stringify(userid), parts);
    const late = page ? undefined : setTimeout(() => link.close('silent'), parts.options.handshakeTimeoutMs).unref();
    link.onGone(() => clearTimeout(late));
    let spoken = false;
    link.onMessage((text) => {
      const introduction = spoken || text === undefined ? undefined : parseIntroduction(text);
      if (!introduction) return link.close('spoke');
      spoken = true;
      clearTimeout(late);
      if (!isProven(introduction, holder, secrets)) return link.close('unauthorized');
      if (parts.revocations.refusesKey(key, introduction)) return link.close('revoked');
      if (page) page.send(gyroscopeGreetingText(page.sid, page.gsid, introduction.useridJson));
      else enter(link, introduction.gsid, introduction.userid, introduction.useridJson, parts);
    });
  });
}

function enter(link: PageLink, gsid: string, userid: string, useridJson: string, parts: Parts): Page {
  const page = join(link, { gsid, userid }, parts);
  greet(page, useridJson, parts).catch((error) => {
    parts.onError(error);
    link.close('failed');
  });
  return page;
}

/** Greets the page as soon as its tenant's events come in. */
async function greet(page: Page, useridJson: string, { engine }: Parts): Promise<void> {
  const { sid, gsid } = page;
  await engine.begin(gsid);
  page.greet(gyroscopeGreetingText(sid, gsid, useridJson));
}

/** Whether the page's own key proves the tenant of its connection, and the user, where either key names one. */
function isProven({ auth, gsid, userid }: Introduction, holder: KeyHolder, secrets: GyroscopeSecrets): boolean {
  const proven = holderOfKey(auth, secrets.wssecret, secrets);
  if (proven?.gsid !== holder.gsid || gsid !== holder.gsid) return false;
  if (userid === '' || userid.length > maxIdLength) return false;
  return [proven.userid, holder.userid].every((named) => named === undefined || named === userid);
}
