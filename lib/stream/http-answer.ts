/** Most bytes of an answer's status line and headers, and of what stands around its chunks. */
const maxHeadBytes = 16_384;
/** Most bytes of an answer's body: a dump names every page. */
const maxBodyBytes = 16_777_216;

/** An answer over HTTP. */
export interface HttpAnswer {
  status: number;
  /** By name, in lower case; of one that came more than once, the last. */
  headers: ReadonlyMap<string, string>;
  text: string;
}

/** What of the answer comes next; `chunk-end`: the line end behind a chunk. */
type Next = 'head' | 'sized' | 'until-end' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'nothing';

const statusLine = /^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/;
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;

const none = Buffer.alloc(0);

/**
 * Reads one HTTP/1.1 answer that comes in pieces (RFC 9112): informational answers before it are passed over; its body
 * has a length, or comes in chunks, or ends with the connection. Everything is bounded, and nothing is guessed at: what
 * is no such answer is refused with an Error that says why.
 */
export class AnswerReader {
  #next: Next = 'head';
  /** What has come and is not read yet: less than a head, or than a line. */
  #unread: Buffer = none;
  #status = 0;
  #headers = new Map<string, string>();
  /** Bytes of the sized body, or of the chunk, that are still to come. */
  #left = 0;
  #body: Buffer[] = [];
  #bodyBytes = 0;

  /** Takes what has come. Returns whether the answer is whole; what follows it is dropped. */
  take(piece: Buffer): boolean {
    this.#unread = this.#unread.length === 0 ? piece : Buffer.concat([this.#unread, piece]);
    while (this.#next !== 'nothing' && this.#step());
    return this.#next === 'nothing';
  }

  /** The answer, where the peer has ended. @throws Error where it has ended too early */
  end(): HttpAnswer {
    if (this.#next !== 'nothing' && this.#next !== 'until-end') {
      const nothingCame = this.#next === 'head' && this.#status === 0 && this.#unread.length === 0;
      throw new Error(
        nothingCame ? 'the connection ended without an answer' : 'the connection ended within the answer',
      );
    }
    const [first = none, ...more] = this.#body;
    const text = (more.length === 0 ? first : Buffer.concat(this.#body)).toString();
    return { status: this.#status, headers: this.#headers, text };
  }

  /** Reads on. Returns whether there may be more to read of what has come. */
  #step(): boolean {
    switch (this.#next) {
      case 'head':
        return this.#readHead();
      case 'until-end':
        return this.#keep(this.#unread.length);
      case 'sized':
      case 'chunk':
        return this.#readSized();
      default:
        return this.#readLine();
    }
  }

  #readHead(): boolean {
    const end = this.#unread.indexOf('\r\n\r\n');
    if (end > maxHeadBytes || (end < 0 && this.#unread.length > maxHeadBytes)) throw new Error('the head is too long');
    if (end < 0) {
      const begun = this.#unread.toString('latin1', 0, 5);
      if (!'HTTP/'.startsWith(begun)) throw new Error('what came is no HTTP answer');
      return false;
    }
    const [status = '', ...headers] = this.#unread.toString('latin1', 0, end).split('\r\n');
    this.#unread = this.#unread.subarray(end + 4);
    this.#status = Number(statusLine.exec(status)?.[1]);
    if (!this.#status) throw new Error('what came is no HTTP answer');
    if (this.#status < 200 && this.#status !== 101) return true; // an informational one: the answer follows
    for (const line of headers) this.#addHeader(line);
    this.#beginBody();
    return true;
  }

  #addHeader(line: string): void {
    const [, name, value = ''] = headerLine.exec(line) ?? [];
    if (name === undefined) throw new Error('a header is malformed');
    const key = name.toLowerCase();
    const isLength = key === 'content-length' || key === 'transfer-encoding';
    if (isLength && this.#headers.has(key)) throw new Error(`there is more than one ${key}`);
    this.#headers.set(key, value);
  }

  #beginBody(): void {
    const coding = this.#headers.get('transfer-encoding');
    const length = this.#headers.get('content-length');
    if (this.#status === 101 || this.#status === 204 || this.#status === 304) this.#next = 'nothing';
    else if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked' || length !== undefined)
        throw new Error('the body is coded in an unknown way');
      this.#next = 'chunk-size';
    } else if (length === undefined) this.#next = 'until-end';
    else {
      if (!/^\d{1,15}$/.test(length)) throw new Error('the content-length is no number');
      this.#expect('sized', Number(length));
    }
  }

  /** That many bytes come next; of none, what comes after them. */
  #expect(next: 'sized' | 'chunk', bytes: number): void {
    if (this.#bodyBytes + bytes > maxBodyBytes) throw new Error('the answer is too large');
    this.#left = bytes;
    this.#next = bytes > 0 ? next : next === 'sized' ? 'nothing' : 'trailer';
  }

  #readSized(): boolean {
    const taken = Math.min(this.#left, this.#unread.length);
    this.#left -= taken;
    this.#keep(taken);
    if (this.#left > 0) return false;
    this.#next = this.#next === 'chunk' ? 'chunk-end' : 'nothing';
    return true;
  }

  #readLine(): boolean {
    const end = this.#unread.indexOf('\r\n');
    if (end > maxHeadBytes || (end < 0 && this.#unread.length > maxHeadBytes)) throw new Error('a line is too long');
    if (end < 0) return false;
    const line = this.#unread.toString('latin1', 0, end);
    this.#unread = this.#unread.subarray(end + 2);
    if (this.#next === 'chunk-size') {
      const size = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw new Error('the size of a chunk is malformed');
      this.#expect('chunk', Number.parseInt(size, 16));
    } else if (this.#next === 'chunk-end') {
      if (line !== '') throw new Error('a chunk is longer than its size');
      this.#next = 'chunk-size';
    } else if (line === '') this.#next = 'nothing'; // the end of the trailer, whose fields mean nothing here
    return true;
  }

  #keep(bytes: number): boolean {
    if (bytes > 0) this.#body.push(this.#unread.subarray(0, bytes));
    this.#unread = this.#unread.subarray(bytes);
    this.#bodyBytes += bytes;
    if (this.#bodyBytes > maxBodyBytes) throw new Error('the answer is too large');
    return false;
  }
}
