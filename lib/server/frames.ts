/** First byte of a frame that is a whole message of text, and of a ping: the server's frames are not masked. */
const wholeText = 0x81;
const ping = 0x89;

/** Most bytes that go in one write, unless one frame alone is larger: what waits is counted by writes. */
const maxJoined = 65_536;

/** The web socket frame of a text message, as it goes to any number of pages. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  // Not from Node's pool: there a page that reads slowly would keep what is other tenants' with its own.
  const frame = Buffer.allocUnsafeSlow(head + length);
  frame[0] = wholeText;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(text, head);
  return frame;
}

/** The frame that asks a page whether it is there. */
export const pingFrame: Buffer = Buffer.from([ping, 0]);

/** Puts frames together, in their order, so that as few writes as can be carry them. */
export function joinFrames(frames: readonly Buffer[]): readonly Buffer[] {
  if (frames.length < 2) return frames;
  const joined: Buffer[] = [];
  for (let begin = 0; begin < frames.length; ) {
    let end = begin;
    let length = 0;
    do length += frames[end++]?.length ?? 0;
    while (end < frames.length && length + (frames[end]?.length ?? 0) <= maxJoined);
    joined.push(together(frames.slice(begin, end), length));
    begin = end;
  }
  return joined;
}

function together(frames: readonly Buffer[], length: number): Buffer {
  const [first] = frames;
  if (first && frames.length === 1) return first;
  const joined = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const frame of frames) at += frame.copy(joined, at);
  return joined;
}
