export { ActionlogError, type ActionlogErrorCode, type ErrorStage, type OnError } from '../errors.ts';
export type { AppServer } from './intercept.ts';
export { createStreamServer, type StreamServer } from './stream-server.ts';
export type { ListenAddress, StreamServerOptions } from './stream-server-options.ts';
export type { StreamLogger } from './warnings.ts';
