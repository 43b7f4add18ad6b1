/** A web socket frame of the server's, as it lies in a stream. */
export interface ReadFrame {
  /** 1 text, 8 close, 9 ping, 10 pong. */
  opcode: number;
  payload: Buffer;
  /** How many bytes its head takes. */
  head: number;
}

/** Reads the whole frames at the beginning of what has come; throws at a byte that begins none. */
export function readFrames(bytes: Buffer): { frames: ReadFrame[]; rest: Buffer } {
  const frames: ReadFrame[] = [];
  let rest = bytes;
  while (rest.length >= 2) {
    const [first = 0, short = 0] = rest;
    const opcode = first & 0x0f;
    if ((first & 0xf0) !== 0x80 || ![1, 8, 9, 10].includes(opcode) || short > 127) {
      throw new Error(`no frame of the server's begins with ${rest.subarray(0, 8).toString('hex')}`);
    }
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < head) break;
    const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < head + length) break;
    frames.push({ opcode, payload: rest.subarray(head, head + length), head });
    rest = rest.subarray(head + length);
  }
  return { frames, rest };
}

/** The texts in frames that have all come. */
export function textsIn(buffers: readonly Buffer[]): string[] {
  const { frames, rest } = readFrames(Buffer.concat(buffers));
  if (rest.length > 0) throw new Error('the last frame is not whole');
  return frames.map(({ payload }) => String(payload));
}
