import type { Greeting } from '../stream/protocol.ts';
import { textFrame } from './frames.ts';

/** Which of the two wires a page is on. */
export type Wire = 'default' | 'gyroscope';

/**
 * The ids of a relay that came over Gyroscope's wire, each as JSON text, so that a number stays a number and a text a
 * text: pages on that wire get them as the relay's caller gave them.
 */
export interface GivenIds {
  sid: string;
  gsid: string;
  userid: string;
  recid: string;
}

/** The greeting on the default wire, as a frame. */
export function greetingFrame(greeting: Greeting): Buffer {
  return textFrame(JSON.stringify(greeting));
}

/**
 * The greeting on Gyroscope's wire, as a frame; `userid` is JSON text, since a page up to 18.3 gets its own back as it
 * sent it.
 */
export function gyroscopeGreetingFrame(sid: number, gsid: string, userid: string): Buffer {
  return textFrame(`{"type":"getsid","sid":${sid},"gsid":${JSON.stringify(gsid)},"userid":${userid}}`);
}

/** Tells a page when to come back, on the default wire, as a frame. @param afterMs milliseconds from now */
export function leaveFrame(afterMs: number): Buffer {
  return textFrame(JSON.stringify({ type: 'leave', afterMs }));
}

/** The heartbeat of the default wire, as a frame. */
export function heartbeatFrame(time: number): Buffer {
  return textFrame(JSON.stringify({ type: 'heartbeat', time }));
}
