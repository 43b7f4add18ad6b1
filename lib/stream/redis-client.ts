/** The part that is needed of node-redis' `createClient()` and `createCluster()`. Only its settings are used: see {@link RedisSource}. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  duplicate(overrides?: object): unknown;
  sSubscribe: unknown;
}

/** The part that is needed of ioredis' `Redis` and `Cluster`. Only its settings are used: see {@link RedisSource}. */
export interface IoRedisClient {
  readonly status: string;
  // biome-ignore lint/suspicious/noExplicitAny: Redis and Cluster of ioredis have different parameters here
  duplicate(...overrides: any[]): unknown;
  ssubscribe: unknown;
}

/**
 * Where Redis (or Valkey) is: an address such as `redis://127.0.0.1:6379`, for which the package `redis` or `ioredis` must
 * be installed, or a client of either, also one of a cluster. Such a client is never used or closed itself: connections of
 * our own are made with its settings (`duplicate()`), so that it need not even be connected.
 */
export type RedisSource = string | NodeRedisClient | IoRedisClient;

/** Called with each message of a channel. */
export type OnMessage = (message: string) => void;

/** One connection to Redis (or to the nodes of a cluster), made and closed by us; it connects anew by itself. */
export interface RedisConnection {
  readonly isReady: boolean;
  /** Sends a command. Rejects at once where there is no connection: nothing is queued. @param key by which a cluster finds the node */
  command(key: string, args: string[]): Promise<unknown>;
  /** Listens to a channel; to be called again for each channel whenever the connection is ready anew. */
  subscribe(channel: string, sharded: boolean, listener: OnMessage): Promise<void>;
  unsubscribe(channel: string, sharded: boolean): Promise<void>;
  /** Ends it without waiting. */
  close(): void;
}

/** What a connection tells while it lives. */
export interface RedisListeners {
  /** It is connected, for the first time or anew. */
  onReady?: (() => void) | undefined;
  /** What went wrong with the connection; it goes on trying. */
  onError?: ((error: unknown) => void) | undefined;
}

interface Emitter {
  on(event: string, listener: (...args: never[]) => void): unknown;
}

interface NodeRedis extends Emitter {
  isOpen: boolean;
  isReady?: boolean;
  sendCommand(...args: unknown[]): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
  subscribe(channel: string, listener: OnMessage): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  sSubscribe(channel: string, listener: OnMessage): Promise<unknown>;
  sUnsubscribe(channel: string): Promise<unknown>;
}

interface IoRedis extends Emitter {
  status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  disconnect(): void;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
}

/** Most commands that a client holds for us. */
const maxCommands = 20_000;

/** Whether a value is a client that {@link connectionLike} can work with. */
export function isRedisClient(value: unknown): value is NodeRedisClient | IoRedisClient {
  const given = value as Record<string, unknown> | null | undefined;
  if (typeof given !== 'object' || given === null || typeof given['duplicate'] !== 'function') return false;
  return typeof given['ssubscribe'] === 'function' || typeof given['sSubscribe'] === 'function';
}

/** Makes a connection of our own with the settings of a client. */
export function connectionLike(
  client: NodeRedisClient | IoRedisClient,
  listeners: RedisListeners = {},
): RedisConnection {
  return 'ssubscribe' in client ? likeIoRedis(client, listeners) : likeNodeRedis(client, listeners);
}

function likeNodeRedis(client: NodeRedisClient, { onReady, onError }: RedisListeners): RedisConnection {
  const isCluster = 'masters' in client;
  const bounds = { disableOfflineQueue: true, commandsQueueMaxLength: maxCommands };
  const own = client.duplicate(isCluster ? { defaults: bounds } : bounds) as NodeRedis;
  let clusterReady = false;
  let closed = false;
  /** While it connects: closed now, node-redis would leave the socket open that comes of it. */
  let connecting = true;
  const settled = () => {
    connecting = false;
    if (closed && own.isOpen) own.destroy();
  };
  own.on('reconnecting', () => {
    connecting = true;
  });
  own.on('error', (error: unknown) => {
    settled();
    if (!closed) onError?.(error);
  });
  own.on('ready', () => {
    settled();
    if (!closed && !isCluster) onReady?.();
  });
  own.connect().then(
    () => {
      settled();
      if (closed || !isCluster) return;
      clusterReady = true;
      onReady?.();
    },
    (error) => closed || onError?.(error),
  );
  if (isCluster) own.on('sharded-shard-channels-moved', () => onReady?.());
  return {
    get isReady() {
      return isCluster ? clusterReady && own.isOpen : own.isReady === true;
    },
    command: (key, args) => (isCluster ? own.sendCommand(key, false, args) : own.sendCommand(args)),
    async subscribe(channel, sharded, listener) {
      await (sharded ? own.sSubscribe(channel, listener) : own.subscribe(channel, listener));
    },
    async unsubscribe(channel, sharded) {
      await (sharded ? own.sUnsubscribe(channel) : own.unsubscribe(channel));
    },
    close() {
      closed = true;
      if (!connecting) settled();
    },
  };
}

function likeIoRedis(client: IoRedisClient, { onReady, onError }: RedisListeners): RedisConnection {
  const settings = {
    ...{ lazyConnect: false, enableOfflineQueue: false, maxRetriesPerRequest: 0 },
    ...{ autoResubscribe: false, autoResendUnfulfilledCommands: false },
  };
  const isCluster = (client as { isCluster?: boolean }).isCluster === true;
  const own = (
    isCluster
      ? client.duplicate([], { lazyConnect: false, enableOfflineQueue: false, shardedSubscribers: true })
      : client.duplicate(settings)
  ) as IoRedis;
  own.on('error', (error: unknown) => onError?.(error));
  own.on('ready', () => onReady?.());
  const listeners = new Map<string, OnMessage>();
  for (const event of ['message', 'smessage']) {
    own.on(event, (channel: string, message: string) => listeners.get(channel)?.(message));
  }
  return {
    get isReady() {
      return own.status === 'ready';
    },
    command: (_key, [name = '', ...args]) => own.call(name, ...args),
    async subscribe(channel, sharded, listener) {
      listeners.set(channel, listener);
      await (sharded ? own.ssubscribe(channel) : own.subscribe(channel));
    },
    async unsubscribe(channel, sharded) {
      listeners.delete(channel);
      await (sharded ? own.sunsubscribe(channel) : own.unsubscribe(channel));
    },
    close: () => own.disconnect(),
  };
}
