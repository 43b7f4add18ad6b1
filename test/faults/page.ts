import { WebSocket as RealWebSocket } from 'undici';
import { parseServerMessage, type UpdateEvent } from '../../lib/stream/protocol.ts';

/** Which way an event came: by the web socket, at once or sent again, or by the application server's `/entries`. */
export type Way = 'socket' | 'entries';

/** The package's own page client in this process, with all that it got. */
export interface FaultPage {
  gsid: string;
  userid: string;
  client: PageClient;
  /** What the page's handler got, by record: each record is written once. */
  seen: Map<string, { way: Way; at: number }>;
  /** All that came over the wires, before the client dropped repeats. */
  raw: { event: UpdateEvent; way: Way }[];
  /** Each question to `/entries` that was answered to its end. */
  caughtUp: { askedAt: number; at: number }[];
  greetings: (boolean | undefined)[];
}

interface PageClient {
  readonly status: string;
  on(type: string, listener: (event: never) => void): () => void;
  connect(): void;
  close(): void;
}

const pages = new Map<string, FaultPage & { cookie: string; askedAt: number }>();
const pageOfToken = new Map<string, FaultPage>();

/** Signs in and opens the page; it is reached by its name in the address, since a process has but one `fetch`. */
export async function openPage(app: string, gsid: string, userid: string, options: object = {}): Promise<FaultPage> {
  const name = `page${pages.size}`;
  const cookie = await signIn(app, gsid, userid);
  const { createActionlogClient } = await browser();
  define('location', { href: `${app}/` }); // that of the pages opened last: those before them have come to their end
  const page = { gsid, userid, cookie, askedAt: 0, seen: new Map(), raw: [], caughtUp: [], greetings: [] };
  const origin = app.replace('://', `://${name}@`);
  const whole = Object.assign(page, { client: undefined as unknown as PageClient }) as FaultPage & typeof page;
  pages.set(name, whole);
  whole.client = createActionlogClient({
    ...{ connectUrl: `${origin}/actionlog/connect`, forms: false, minDelayMs: 20, maxDelayMs: 500 },
    ...options,
  });
  whole.client.on('update', ({ recid, epoch, alogid }: UpdateEvent) => {
    // what `/entries` answers has no epoch; Gyroscope's wire has neither, and no `/entries`
    const way = epoch !== undefined || alogid === undefined ? 'socket' : 'entries';
    if (!whole.seen.has(recid)) whole.seen.set(recid, { way, at: Date.now() });
  });
  whole.client.on('open', ({ recovered }: { recovered?: boolean }) => whole.greetings.push(recovered));
  whole.client.on('gap', ({ resolved }: { resolved: boolean }) => {
    if (resolved) whole.caughtUp.push({ askedAt: whole.askedAt, at: Date.now() });
  });
  return whole;
}

/** The session's cookie of a user. */
export async function signIn(app: string, gsid: string, userid: string): Promise<string> {
  const answer = await fetch(`${app}/sign-in/${gsid}/${userid}`, { method: 'POST' });
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

let loaded: Promise<{ createActionlogClient(options: object): PageClient }> | undefined;

const define = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { value, configurable: true });

/** The client as it is, after what it needs of a browser was put in place. */
function browser(): NonNullable<typeof loaded> {
  loaded ??= (async () => {
    define('document', { querySelector: () => null });
    define('navigator', { onLine: true });
    define('addEventListener', () => undefined);
    define('WebSocket', ListenedWebSocket);
    define('fetch', fetchAsPage);
    return await import(new URL('../../lib/browser/index.ts', import.meta.url).href);
  })();
  return loaded;
}

const realFetch = globalThis.fetch;

async function fetchAsPage(input: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input);
  const page = pages.get(url.username);
  url.username = '';
  if (!page) return await realFetch(url, init);
  const asksMissed = url.pathname.endsWith('/entries');
  if (asksMissed && !url.searchParams.has('after')) page.askedAt = Date.now();
  const headers = { ...(init.headers as Record<string, string>), cookie: page.cookie };
  const response = await realFetch(url, { ...init, headers });
  if (!response.ok) return response;
  const answer = (await response.clone().json()) as { token?: string; url?: string; entries?: UpdateEvent[] };
  for (const event of answer.entries ?? []) page.raw.push({ event, way: 'entries' });
  const proof = answer.token ?? answer.url?.split('?')[1];
  if (proof) pageOfToken.set(proof, page);
  return response;
}

/** A web socket that is listened to before the client does. */
class ListenedWebSocket extends RealWebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    const bearer = protocols.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
    const page = pageOfToken.get(bearer ?? url.split('?')[1] ?? '');
    this.addEventListener('message', ({ data }) => {
      const message = parseServerMessage(data);
      if (message?.type === 'update') page?.raw.push({ event: message, way: 'socket' });
    });
  }
}
