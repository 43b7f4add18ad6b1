import type { Dump, RevokeItem, UpdateEvent } from '../stream/protocol.ts';
import type { HistoryBounds } from './history.ts';
import type { DumpRectype } from './hub.ts';
import type { GivenIds } from './messages.ts';
import type { Position } from './position.ts';

/** A page of this server's, by what the engine knows of it. */
export interface PageName {
  gsid: string;
  userid: string;
  sid: number;
}

/** What an engine does at the pages of the server that it belongs to. */
export interface EngineSink {
  /**
   * Sends an event, with its place, to the pages of its tenant; each comes once, in the order of its tenant.
   * @param takenAt when a server took it, Unix time in milliseconds, where that was not within this very call
   */
  deliver(event: UpdateEvent, given?: GivenIds, takenAt?: number): void;
  /**
   * Pages of a tenant (`'0'`: all pages) may have missed events.
   * @param placeOf the place of a tenant, after which comes what is delivered from here on; undefined where no page of it
   * has begun
   */
  lost(gsid: string, placeOf: (gsid: string) => Position | undefined): void;
  /** A user's sessions have ended. */
  revoke(item: RevokeItem): void;
  /** A page has taken up its connection id on another node: the one that holds it here is an older one. */
  replaced(page: PageName): void;
  /** Who is connected to this very server. */
  dump(rectype: DumpRectype, gsid: string): Dump;
  /** Told of what goes wrong with nobody waiting. */
  onError(error: unknown): void;
}

/** What an engine is told by the server that it belongs to. */
export interface EngineNeeds {
  sink: EngineSink;
  history: HistoryBounds;
  /** How far a relay's stamp may be off, in milliseconds. */
  toleranceMs: number;
  /** For how long a revocation is remembered, in milliseconds. */
  revokedMs: number;
}
