export { ActionlogError, type ActionlogErrorCode, type ErrorStage, type OnError } from '../errors.ts';
export type { AnnouncerStats } from '../stream/announcer.ts';
export type { SweepStats } from '../stream/sweep.ts';
export type { AppServer } from './intercept.ts';
export type { PollOptions } from './poll-options.ts';
export type { StreamLogger } from './stream-logger.ts';
export { createStreamServer, type StreamServer } from './stream-server.ts';
export type { HistoryOptions, ListenAddress, StreamServerOptions } from './stream-server-options.ts';
