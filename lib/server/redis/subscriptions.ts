import type { OnMessage, RedisConnection, RedisSource } from '../../stream/redis-client.ts';
import { openRedis } from '../../stream/redis-open.ts';

/** What {@link Subscriptions} work with. */
export interface SubscriptionsOptions {
  redis: RedisSource;
  /** Whether Redis has sharded channels (7.0 and later). */
  sharded: () => boolean;
  /** Called once all channels are listened to again, after a connection was made. */
  onReady: () => void;
  onError: (error: unknown) => void;
}

/** How many channels are taken up at a time. */
const atOnce = 32;

/** The channels that this node listens to, over a connection of their own. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #wanted = new Map<string, OnMessage>();
  /** What the connection calls: one for each channel, whoever listens, since a client calls each that it ever got. */
  readonly #listeners = new Map<string, OnMessage>();
  readonly #steps = new Map<string, Promise<void>>();
  #connection: RedisConnection | undefined;
  #opening: Promise<void> | undefined;
  #ready = false;
  #closed = false;
  /** Counts the connections, so that what belongs to an older one is known. */
  #turn = 0;
  /** How many messages came. */
  messages = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Whether all channels are listened to. */
  get isReady(): boolean {
    return this.#ready && (this.#connection?.isReady ?? false);
  }

  open(): Promise<void> {
    const { redis, onError } = this.#options;
    this.#opening ??= openRedis(redis, { onReady: () => this.#connected(), onError }).then((connection) => {
      this.#connection = connection;
      if (this.#closed) connection.close();
      else if (connection.isReady) this.#connected();
    });
    return this.#opening;
  }

  /** Makes a new connection: the old one may be dead without having been told. */
  reopen(): void {
    this.#ready = false;
    this.#connection?.close();
    this.#connection = undefined;
    this.#opening = undefined;
    if (!this.#closed) this.open().catch(this.#options.onError);
  }

  /** Listens to a channel from now on; resolves once it does. Rejects where it cannot yet: it will with the next connection. */
  async add(channel: string, listener: OnMessage): Promise<void> {
    this.#wanted.set(channel, listener);
    await this.#inTurn(channel, async () => {
      const connection = this.#connection;
      if (!connection?.isReady) throw new Error('there is no connection to listen on');
      await connection.subscribe(channel, this.#options.sharded(), this.#listener(channel));
    });
  }

  /** Listens to a channel no more. */
  remove(channel: string): void {
    this.#wanted.delete(channel);
    const done = this.#inTurn(channel, async () => {
      if (this.#wanted.has(channel) || !this.#connection?.isReady) return;
      await this.#connection.unsubscribe(channel, this.#options.sharded());
      this.#listeners.delete(channel);
    });
    done.catch(() => undefined); // the connection is lost, and with it the channel
  }

  #listener(channel: string): OnMessage {
    let listener = this.#listeners.get(channel);
    if (!listener) {
      listener = (message) => {
        this.messages += 1;
        this.#wanted.get(channel)?.(message);
      };
      this.#listeners.set(channel, listener);
    }
    return listener;
  }

  /** One step after the other for each channel: clients get it wrong where the two meet. */
  #inTurn(channel: string, step: () => Promise<void>): Promise<void> {
    const done = (this.#steps.get(channel) ?? Promise.resolve()).then(step);
    const settled: Promise<void> = done
      .catch(() => undefined) // the caller is told
      .then(() => {
        if (this.#steps.get(channel) === settled) this.#steps.delete(channel);
      });
    this.#steps.set(channel, settled);
    return done;
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }

  /** Takes up all channels on a new connection. */
  #connected(): void {
    this.#turn += 1;
    const turn = this.#turn;
    this.#ready = false;
    this.#takeUp(turn).then(
      () => {
        if (turn !== this.#turn || this.#closed) return;
        this.#ready = true;
        this.#options.onReady();
      },
      () => this.#closed || turn !== this.#turn || setTimeout(() => this.#again(turn), 200).unref(), // the connection broke, or is about to
    );
  }

  #again(turn: number): void {
    if (!this.#closed && turn === this.#turn && this.#connection?.isReady) this.#connected();
  }

  async #takeUp(turn: number): Promise<void> {
    const left = [...this.#wanted.keys()];
    const one = async () => {
      for (let next = left.pop(); next && turn === this.#turn; next = left.pop()) {
        const channel = next;
        await this.#inTurn(channel, async () => {
          if (!this.#wanted.has(channel)) return;
          await this.#connection?.subscribe(channel, this.#options.sharded(), this.#listener(channel));
        });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }
}
