export type { ExtraOf, RecidOf, RecidTextOf, Records, Rectype } from '../records.ts';
export type { CloseCode, Greeting, UpdateEvent } from '../stream/protocol.ts';
export { type ActionlogClient, type ActionlogClientOptions, createActionlogClient, pageClient } from './client.ts';
export type { ActionlogClientEvents, ActionlogClientStatus, On, ReceivedUpdate } from './events.ts';
export type { RecordChange, RecordWatch } from './watch-record.ts';
