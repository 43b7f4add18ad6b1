import { ActionlogError } from '../../errors.ts';
import type { UpdateEvent } from '../../stream/protocol.ts';
import type { RedisCommands } from '../../stream/redis-commands.ts';
import type { RelayMark } from '../engine.ts';
import type { HistoryBounds } from '../history.ts';
import type { GivenIds } from '../messages.ts';
import type { EngineKeys } from './keys.ts';
import { payloadText } from './payload.ts';
import { appendScript } from './scripts.ts';

/** What an {@link Appender} works with. */
export interface AppenderOptions {
  commands: RedisCommands;
  keys: EngineKeys;
  history: HistoryBounds;
  /** How far a relay's stamp may be off, in milliseconds. */
  toleranceMs: number;
  /** How long a sequence without events or pages keeps its place, in milliseconds. */
  keepMs: number;
  /** A new epoch, should one be needed. */
  newEpoch: () => string;
  /** `SPUBLISH` where Redis has it, else `PUBLISH`. */
  publish: () => string;
}

/** Events of one relay, or a single one, that are appended together or not at all. */
interface Group {
  relay: RelayMark | undefined;
  payloads: string[];
  resolve: () => void;
  reject: (error: unknown) => void;
  done: Promise<void>;
}

/** Most events, and about most characters, that one script appends: it holds up everybody else meanwhile. */
const maxEvents = 100;
const maxLength = 1_000_000;

/** Appends events: those that come in the same turn, and are of the same tenant, in one step. */
export class Appender {
  readonly #options: AppenderOptions;
  #waiting = new Map<string, Group[]>();
  #planned = false;
  /** How many events Redis has taken. */
  appended = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** Resolves once Redis has the event, or has had it before. */
  append(event: UpdateEvent, given?: GivenIds, relay?: RelayMark): Promise<void> {
    const groups = this.#waiting.get(event.gsid) ?? [];
    this.#waiting.set(event.gsid, groups);
    const last = groups.at(-1);
    const payload = payloadText(event, given);
    if (!this.#planned) {
      this.#planned = true;
      queueMicrotask(() => this.#flush());
    }
    if (relay && last?.relay?.id === relay.id && last.relay.index === relay.index) {
      last.payloads.push(payload);
      return last.done;
    }
    const { promise, resolve, reject } = withResolvers();
    groups.push({ relay, payloads: [payload], done: promise, resolve, reject });
    return promise;
  }

  #flush(): void {
    this.#planned = false;
    for (const [gsid, groups] of this.#waiting) {
      let batch: Group[] = [];
      let [events, length] = [0, 0];
      for (const group of groups) {
        const size = group.payloads.reduce((sum, { length: own }) => sum + own, 0);
        if (batch.length > 0 && (events + group.payloads.length > maxEvents || length + size > maxLength)) {
          this.#send(gsid, batch);
          [batch, events, length] = [[], 0, 0];
        }
        batch.push(group);
        events += group.payloads.length;
        length += size;
      }
      this.#send(gsid, batch);
    }
    this.#waiting.clear();
  }

  #send(gsid: string, groups: Group[]): void {
    this.#run(gsid, groups).then(
      (outcomes) => {
        for (const [index, group] of groups.entries()) {
          if (outcomes[index] === 2) group.reject(tooOld());
          else group.resolve();
          if (outcomes[index] === 1) this.appended += group.payloads.length;
        }
      },
      (error) => {
        for (const { reject } of groups) reject(error);
      },
    );
  }

  async #run(gsid: string, groups: Group[]): Promise<number[]> {
    const { commands, keys, history, toleranceMs, keepMs, newEpoch, publish } = this.#options;
    const { maxEvents: most, maxBytes, maxAgeMs } = history;
    const events = keys.events(gsid);
    const relays = groups.map(({ relay }) => (relay ? keys.relay(gsid, `${relay.index}:${relay.id}`) : events));
    const bounds = [most, maxBytes, maxAgeMs * 1000, 2 * toleranceMs + 10_000].map(String);
    const args = groups.flatMap(({ relay, payloads }) => [
      String(relay?.stamp ?? -1),
      String(payloads.length),
      ...payloads,
    ]);
    const settings = [newEpoch(), String(keepMs), publish(), events, ...bounds];
    const answer = await commands.run(appendScript, [keys.meta(gsid), events, ...relays], [...settings, ...args]);
    return (answer as unknown[]).map(Number);
  }
}

function tooOld(): ActionlogError {
  return new ActionlogError('relay-refused', 'the stamp is older than the memory of Redis, which has begun anew', {
    fields: { refusal: 'stamp-too-old' },
  });
}

function withResolvers() {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  promise.catch(() => undefined); // whoever appended is told
  return { promise, resolve, reject };
}
