import type { Reply } from "../codec/mod.ts";

export interface CachedReply {
  readonly reply: Reply;
  /** To be subtracted from its TTLs. */
  readonly ageSeconds: number;
}

/** Replies of upstreams until their TTL ends, bounded in number and bytes; the least recently used goes first. */
export class ReplyCache {
  readonly #entries = new Map<string, { readonly reply: Reply; readonly storedMs: number }>();
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({ maxEntries = 4096, maxBytes = 4 << 20 } = {}) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, nowMs: number): CachedReply | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const ageSeconds = Math.floor((nowMs - entry.storedMs) / 1000);
    this.#entries.delete(key);
    if (ageSeconds >= entry.reply.ttlSeconds) {
      this.#bytes -= cost(key, entry.reply);
      return undefined;
    }
    this.#entries.set(key, entry); // now the most recent
    return { reply: entry.reply, ageSeconds };
  }

  put(key: string, reply: Reply, nowMs: number): void {
    const before = this.#entries.get(key);
    if (before !== undefined) this.#drop(key, before.reply);
    const size = cost(key, reply);
    if (reply.ttlSeconds === 0 || size > this.#maxBytes / 16) return;
    this.#entries.set(key, { reply, storedMs: nowMs });
    this.#bytes += size;
    for (const [oldest, { reply: old }] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest, old);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(key: string, reply: Reply): void {
    this.#entries.delete(key);
    this.#bytes -= cost(key, reply);
  }
}

/** What an entry takes, roughly: objects and array headers included. */
function cost(key: string, reply: Reply): number {
  return key.length + reply.bytes.length + reply.ttlOffsets.length * 8 + 300;
}
