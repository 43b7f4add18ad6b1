export { ActionlogError, type ActionlogErrorCode, type ErrorStage, type OnError } from '../errors.ts';
export type { AppServer } from './intercept.ts';
export type { ListenAddress } from './own-listener.ts';
export { createStreamServer, type StreamServer } from './stream-server.ts';
export type { StreamServerOptions } from './stream-server-options.ts';
export type { StreamLogger } from './warnings.ts';
