/** The keys and channels of the engine. What belongs to one tenant has the same hash tag, and so is on one node of a cluster. */
export class EngineKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Hash: life and place of a tenant's sequence. */
  meta(gsid: string): string {
    return `${this.#prefix}{${tagOf(gsid)}}:meta`;
  }

  /** Stream: a tenant's events. The channel on which they are told has the same name. */
  events(gsid: string): string {
    return `${this.#prefix}{${tagOf(gsid)}}:events`;
  }

  /** Stream: which pages have taken up their connection ids anew. */
  claims(gsid: string): string {
    return `${this.#prefix}{${tagOf(gsid)}}:claims`;
  }

  /** Text: that a relay's events for this tenant are taken. */
  relay(gsid: string, id: string): string {
    return `${this.#prefix}{${tagOf(gsid)}}:relay:${id}`;
  }

  /** Hash: the nodes, and when each was last alive. */
  get nodes(): string {
    return `${this.#prefix}{0}:nodes`;
  }

  /** Hash: which connection ids are given out. */
  get sids(): string {
    return `${this.#prefix}{0}:sids`;
  }

  /** Stream: who was revoked. The channel to all nodes has the same name. */
  get revoked(): string {
    return `${this.#prefix}{0}:revoked`;
  }

  /** List: the answers of the nodes to one question. */
  answers(id: string): string {
    return `${this.#prefix}{0}:answers:${id}`;
  }
}

/** A tenant's id as it stands in a key: no two are the same, and none has a brace or a colon. */
function tagOf(gsid: string): string {
  return gsid.isWellFormed() ? encodeURIComponent(gsid) : `%u${Buffer.from(gsid, 'utf16le').toString('hex')}`;
}
