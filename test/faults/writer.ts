import { setTimeout as sleep } from 'node:timers/promises';
import { signIn } from './page.ts';

/** What the application server said of one write; each is of a record of its own. */
export interface Written {
  recid: string;
  gsid: string;
  outcome: 'acknowledged' | 'rolled back' | 'refused' | 'unanswered';
  /** When the answer came. */
  at: number;
  /** The code of a refusal. */
  code?: string | undefined;
}

/** Posts actions of two tenants to the application server, and keeps what became of each. */
export class Writer {
  readonly written: Written[] = [];
  #cookies: readonly [gsid: string, cookie: string][] = [];
  #next = 1;

  /** Signs a user of each tenant in, anew where the server's clock has moved: a session of the future is none. */
  async signIn(app: string): Promise<void> {
    this.#cookies = [
      ['1', await signIn(app, '1', '7')],
      ['2', await signIn(app, '2', '8')],
    ];
  }

  /** Writes so many, four at a time: plain, in transactions, and at random in ones that are rolled back. */
  async write(app: string, count: number): Promise<void> {
    let left = count;
    const one = async () => {
      while (left > 0) {
        left -= 1;
        await this.#one(app);
      }
    };
    await Promise.all([one(), one(), one(), one()]);
  }

  /** Writes until the work has come to its end, and a little longer. */
  async writeDuring(app: string, work: () => Promise<void>, pauseMs = 20): Promise<void> {
    let over = false;
    const load = (async () => {
      while (!over) {
        await this.#one(app);
        await sleep(pauseMs);
      }
    })();
    try {
      await work();
    } finally {
      over = true;
      await load;
    }
    await this.write(app, 8);
  }

  async #one(app: string): Promise<void> {
    const number = this.#next;
    this.#next += 1;
    const [gsid, cookie] = this.#cookies[number % 3 === 0 ? 1 : 0] ?? ['', ''];
    const way = Math.random() < 0.2 ? 'rollback' : number % 2 === 0 ? 'plain' : 'transaction';
    const written: Written = { recid: String(number), gsid, outcome: 'unanswered', at: 0 };
    this.written.push(written);
    try {
      const init = { method: 'POST', headers: { cookie }, signal: AbortSignal.timeout(10_000) };
      const answer = await fetch(`${app}/write/${number}?way=${way}`, init);
      const said = (await answer.json()) as { committed?: boolean; code?: string };
      written.code = said.code;
      if (!answer.ok) written.outcome = 'refused';
      else written.outcome = said.committed ? 'acknowledged' : 'rolled back';
    } catch {
      // the server died meanwhile: the table tells what became of it
    }
    written.at = Date.now();
  }
}
