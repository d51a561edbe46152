const NATIVE_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes that do not have the shape that their format demands. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** Where: the path of attributes or fields, such as `IFLA_LINKINFO/IFLA_INFO_KIND`. */
  readonly path: string;

  constructor(path: string, detail: string) {
    super(`Cannot decode ${path === "" ? "message" : path}: ${detail}`);
    this.path = path;
  }
}

/** The part of a path below another, made only for who asks: nearly every message is read without an error. */
export interface PathPart {
  readonly parent: Reader;
  readonly name: () => string;
}

/** A cursor over bytes. Multi-byte numbers are in the machine's own order unless the name says big-endian. */
export class Reader {
  readonly #path: string | PathPart;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, path: string | PathPart = "", range?: { readonly of: Reader; readonly end: number }) {
    this.#path = path;
    this.#bytes = bytes;
    this.#view = range === undefined ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : range.of.#view;
    this.#start = range === undefined ? 0 : range.of.#offset;
    this.#end = range === undefined ? bytes.length : range.end;
    this.#offset = this.#start;
  }

  /** Such as `IFLA_LINKINFO/IFLA_INFO_KIND`. */
  get path(): string {
    if (typeof this.#path === "string") return this.#path;
    const { parent, name } = this.#path;
    return parent.path === "" ? name() : `${parent.path}/${name()}`;
  }

  get offset(): number {
    return this.#offset - this.#start;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  #take(count: number): number {
    if (count > this.#end - this.#offset) throw this.error(`want ${count} bytes, ${this.remaining} are left`);
    const at = this.#offset;
    this.#offset += count;
    return at;
  }

  error(detail: string): DecodeError {
    return new DecodeError(this.path, detail);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), NATIVE_LITTLE);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), NATIVE_LITTLE);
  }

  s32(): number {
    return this.#view.getInt32(this.#take(4), NATIVE_LITTLE);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), NATIVE_LITTLE);
  }

  u16be(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32be(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64be(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A copy of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.slice(at, at + count);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** A reader over the next `count` bytes, which this one skips. It shares them: nothing is copied. */
  sub(count: number, path: string | PathPart = this.#path): Reader {
    if (count > this.#end - this.#offset) throw this.error(`want ${count} bytes, ${this.remaining} are left`);
    const inner = new Reader(this.#bytes, path, { of: this, end: this.#offset + count });
    this.#offset += count;
    return inner;
  }

  skip(count: number): void {
    this.#take(count);
  }
}
