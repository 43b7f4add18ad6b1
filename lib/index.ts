export { type Change, type Changes, type ChangesOptions, changes } from './action/changes.ts';
export { entryMatcher } from './action/history-match.ts';
export {
  type HistoryFilter,
  type HistoryQuery,
  parseHistoryQuery,
  parseSearch,
  type RawPairs,
  type RawValue,
  type TraceQuery,
} from './action/history-query.ts';
export type { Leaf } from './action/leaf.ts';
export { type MigrateOptions, type MigrationStep, migrate } from './action/migrate.ts';
export { type MysqlDatabase, type MysqlStoreOptions, mysqlStore } from './action/mysql-store.ts';
export { type PruneOptions, type PruneProgress, type PruneResult, prune } from './action/prune/prune.ts';
export { type SqliteStoreOptions, sqliteStore } from './action/sqlite-store.ts';
export type {
  ActionStore,
  CallerConnection,
  Entry,
  MissedEntry,
  MissedQuery,
  NewEntry,
  RevocationStore,
  StoreNeeds,
  StoreTransaction,
  TransactionConnection,
  WaitingEntry,
  WaitingQuery,
  WrittenWithin,
} from './action/store.ts';
export {
  parseTracedQuery,
  type TracedAt,
  type TracedChange,
  type TracedFilter,
  type TracedOfEntries,
  type TracedOfRecord,
  type TracedQuery,
  type TracedTenant,
} from './action/traced-query.ts';
export type { WriterBounds } from './action/writer-bounds.ts';
export { createActionlog } from './actionlog.ts';
export type { Actionlog } from './actionlog-api.ts';
export type { ActionlogOptions, AnnouncerBounds, StreamOptions } from './actionlog-options.ts';
export type { RoutesOptions } from './entries-route.ts';
export {
  ActionlogError,
  type ActionlogErrorCode,
  type ActionlogErrorOptions,
  type ErrorStage,
  type OnError,
} from './errors.ts';
export type { History } from './history.ts';
export type { CsvColumn, CsvOptions } from './history-export.ts';
export type {
  ActorActions,
  ListedAction,
  Logaction,
  LogactionOptions,
  Logged,
  LoggedMany,
  LogMany,
  LogManyOptions,
  RawStreamaction,
  Streamaction,
} from './logaction.ts';
export type { KnownValue } from './record-at.ts';
export type { ChangedRecord, ExtraOf, RecidOf, RecidTextOf, Records, Rectype } from './records.ts';
export type { RevokedUser, RevokeResult } from './revoker.ts';
export { Actor, type User } from './session/actor.ts';
export { actorOf, type GuardOptions } from './session/guards.ts';
export { type GyroscopeSessionOptions, gyroscopeSession } from './session/gyroscope-session.ts';
export type { Id } from './session/id.ts';
export type { Revocation } from './session/revocations.ts';
export type {
  RevocationCheck,
  Session,
  SessionFunction,
  SessionReading,
  SessionRefusal,
  SessionUser,
} from './session/session.ts';
export { type SignedSessionOptions, signedSession } from './session/signed-session.ts';
export type { Announcement, AnnouncementStatus, AnnouncerStats } from './stream/announcer.ts';
export type { Dump } from './stream/protocol.ts';
export type { SweepStats } from './stream/sweep.ts';
export { streamFromEnv } from './stream-from-env.ts';
export type { TransactionLog, TransactionWork } from './transaction.ts';
export type { SignedInRequest, ViewerOptions } from './viewer/viewer-options.ts';
