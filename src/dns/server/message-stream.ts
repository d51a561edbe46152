/** Cuts a TCP stream into DNS messages, each behind its length in two bytes. RFC 1035 section 4.2.2. */
export class MessageStream {
  readonly #maxBytes: number;
  #pending = new Uint8Array(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Nothing of an unfinished message is held. */
  get empty(): boolean {
    return this.#pending.length === 0;
  }

  /** @returns The messages that are whole now, or `undefined` when one announces more bytes than are taken: end the connection. */
  push(bytes: Uint8Array): readonly Uint8Array[] | undefined {
    const joined = new Uint8Array(this.#pending.length + bytes.length);
    joined.set(this.#pending);
    joined.set(bytes, this.#pending.length);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= joined.length) {
      const length = ((joined[at] ?? 0) << 8) | (joined[at + 1] ?? 0);
      if (length > this.#maxBytes) return undefined;
      if (at + 2 + length > joined.length) break;
      messages.push(joined.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#pending = joined.slice(at);
    return messages;
  }
}

export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 2);
  framed[0] = message.length >> 8;
  framed[1] = message.length & 0xff;
  framed.set(message, 2);
  return framed;
}
