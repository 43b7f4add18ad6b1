import { holderOfKey, type KeyHolder } from '../stream/gyroscope-keys.ts';
import { type Introduction, parseIntroduction } from './gyroscope-message.ts';
import { type Refusal, refuseSocket } from './http-answers.ts';
import { join } from './join.ts';
import { gyroscopeGreetingFrame } from './messages.ts';
import type { Page } from './page.ts';
import type { LinkOwner, PageLink } from './page-link.ts';
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
    const visitor = new Visitor(link, { key, holder, secrets, parts });
    link.belongTo(visitor);
    visitor.enter();
  });
}

/** What a page came with. */
interface Visit {
  readonly key: string;
  readonly holder: KeyHolder;
  readonly secrets: GyroscopeSecrets;
  readonly parts: Parts;
}

/** Whoever is at the other end of a connection: a page, once its user is known. */
class Visitor implements LinkOwner {
  readonly #link: PageLink;
  readonly #visit: Visit;
  #page: Page | undefined;
  #late: NodeJS.Timeout | undefined;
  #hasSpoken = false;

  constructor(link: PageLink, visit: Visit) {
    this.#link = link;
    this.#visit = visit;
  }

  /** Greets the page where its key names its user; else gives it time to introduce itself. */
  enter(): void {
    const { holder, parts } = this.#visit;
    const { gsid, userid } = holder;
    if (userid !== undefined) this.#join(gsid, userid, JSON.stringify(userid));
    else this.#late = setTimeout(() => this.#link.close('silent'), parts.options.handshakeTimeoutMs).unref();
  }

  said(text: string | undefined): void {
    const introduction = this.#hasSpoken || text === undefined ? undefined : parseIntroduction(text);
    this.#hasSpoken = true;
    clearTimeout(this.#late);
    if (introduction) this.#introduce(introduction);
    else this.#link.close('spoke');
  }

  gone(): void {
    clearTimeout(this.#late);
    this.#page?.gone();
  }

  #introduce(introduction: Introduction): void {
    const { key, holder, secrets, parts } = this.#visit;
    const { gsid, userid, useridJson } = introduction;
    if (!isProven(introduction, holder, secrets)) this.#link.close('unauthorized');
    else if (parts.revocations.refusesKey(key, introduction)) this.#link.close('revoked');
    else if (this.#page) this.#link.send([gyroscopeGreetingFrame(this.#page.sid, gsid, useridJson)]);
    else this.#join(gsid, userid, useridJson);
  }

  #join(gsid: string, userid: string, useridJson: string): void {
    const { parts } = this.#visit;
    const page = join(this.#link, { gsid, userid }, parts);
    this.#page = page;
    greet(page, useridJson, parts).catch((error) => {
      parts.onError(error);
      this.#link.close('failed');
    });
  }
}

/** Greets the page as soon as its tenant's events come in. */
async function greet(page: Page, useridJson: string, { engine }: Parts): Promise<void> {
  const { sid, gsid } = page;
  await engine.begin(gsid);
  page.greet(gyroscopeGreetingFrame(sid, gsid, useridJson));
}

/** Whether the page's own key proves the tenant of its connection, and the user, where either key names one. */
function isProven({ auth, gsid, userid }: Introduction, holder: KeyHolder, secrets: GyroscopeSecrets): boolean {
  const proven = holderOfKey(auth, secrets.wssecret, secrets);
  if (proven?.gsid !== holder.gsid || gsid !== holder.gsid) return false;
  if (userid === '' || userid.length > maxIdLength) return false;
  return [proven.userid, holder.userid].every((named) => named === undefined || named === userid);
}
