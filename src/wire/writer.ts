const NATIVE_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Grows as it is written. Multi-byte numbers are in the machine's own order unless the name says big-endian. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    // The buffer first: asking a small array for its own makes the runtime move it.
    const buffer = new ArrayBuffer(capacity);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #reserve(count: number): number {
    const start = this.#length;
    const end = start + count;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = end;
    return start;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, NATIVE_LITTLE);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, NATIVE_LITTLE);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, NATIVE_LITTLE);
  }

  u16be(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
  }

  u32be(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
  }

  u64be(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  /** Writes zero bytes until the length is a multiple of `size`. */
  align(size: number): void {
    this.#reserve((size - (this.#length % size)) % size); // fresh capacity is zero and never written before
  }

  zeros(count: number): void {
    this.#reserve(count);
  }

  /** Overwrites a 16-bit number written earlier: lengths are known only afterwards. */
  patchU16(offset: number, value: number): void {
    this.#view.setUint16(offset, value, NATIVE_LITTLE);
  }

  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, NATIVE_LITTLE);
  }

  /** A copy of what was written. The writer is empty again. */
  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#length);
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    return written;
  }
}
