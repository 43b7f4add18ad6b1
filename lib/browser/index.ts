export type { CloseCode, Greeting, UpdateEvent } from '../stream/protocol.ts';
export { type ActionlogClient, type ActionlogClientOptions, createActionlogClient } from './client.ts';
export type { ActionlogClientEvents, ActionlogClientStatus, On, ReceivedUpdate } from './events.ts';
