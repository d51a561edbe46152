import { DecodeError } from "../../../wire/mod.ts";

/** Part of a packet: numbers in network order, at offsets from its start. */
export class Fields {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;

  /** @param what For errors: `TCP header`. */
  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get length(): number {
    return this.bytes.length;
  }

  /** @throws {DecodeError} when fewer bytes were captured. */
  need(lengthBytes: number): void {
    if (lengthBytes > this.bytes.length) {
      throw new DecodeError(this.#what, `want ${lengthBytes} bytes, there are ${this.bytes.length}`);
    }
  }

  u8(offset: number): number {
    this.need(offset + 1);
    return this.#view.getUint8(offset);
  }

  u16(offset: number): number {
    this.need(offset + 2);
    return this.#view.getUint16(offset);
  }

  u32(offset: number): number {
    this.need(offset + 4);
    return this.#view.getUint32(offset);
  }

  slice(offset: number, lengthBytes: number): Uint8Array {
    this.need(offset + lengthBytes);
    return this.bytes.subarray(offset, offset + lengthBytes);
  }

  /** From an offset to the end, which may be nothing. */
  rest(offset: number, what: string): Fields {
    return new Fields(this.bytes.subarray(offset), what);
  }
}
