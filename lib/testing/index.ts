export type { UpdateEvent } from '../stream/protocol.ts';
export type { Expected, TestChange } from './expected.ts';
export type { Faults } from './faults.ts';
export { type MemoryStoreOptions, memoryStore } from './memory-store.ts';
export type { Execute } from './memory-transaction.ts';
export { createTestActionlog } from './test-actionlog.ts';
export type { Sought, TestActionlog, TestActionlogOptions } from './test-actionlog-api.ts';
export type { TestEntry } from './test-entry.ts';
export type { PageEvent, TestPage } from './test-page.ts';
