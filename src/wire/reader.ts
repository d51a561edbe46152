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

/** Gives the attribute of a type its name. */
export type NameOfType = (type: number) => string;

/** Where the bytes of an attribute are. */
interface Inside {
  readonly parent: Reader;
  readonly end: number;
  /** What is between the attribute's path and its parent's: made only for who asks, as nearly every message is read without an error. */
  readonly nameOf?: NameOfType | undefined;
  readonly type: number;
}

/** A cursor over bytes. Multi-byte numbers are in the machine's own order unless the name says big-endian. */
export class Reader {
  readonly #path: string;
  readonly #inside: Inside | undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, path = "", inside?: Inside) {
    this.#path = path;
    this.#inside = inside;
    this.#bytes = bytes;
    this.#view =
      inside === undefined ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : inside.parent.#view;
    this.#start = inside === undefined ? 0 : inside.parent.#offset;
    this.#end = inside === undefined ? bytes.length : inside.end;
    this.#offset = this.#start;
  }

  /** Such as `IFLA_LINKINFO/IFLA_INFO_KIND`. */
  get path(): string {
    if (this.#inside === undefined) return this.#path;
    const { parent, nameOf, type } = this.#inside;
    if (nameOf === undefined) return parent.path;
    return parent.path === "" ? nameOf(type) : `${parent.path}/${nameOf(type)}`;
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

  /** The next `count` bytes themselves, not a copy. */
  view(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A reader over the next `count` bytes, which this one skips. It shares them: nothing is copied. */
  sub(count: number, nameOf?: NameOfType, type = 0): Reader {
    if (count > this.#end - this.#offset) throw this.error(`want ${count} bytes, ${this.remaining} are left`);
    const inner = new Reader(this.#bytes, "", { parent: this, end: this.#offset + count, nameOf, type });
    this.#offset += count;
    return inner;
  }

  /** Another reader of what is left, for who has to look ahead. */
  fork(): Reader {
    return new Reader(this.#bytes, "", { parent: this, end: this.#end, type: 0 });
  }

  skip(count: number): void {
    this.#take(count);
  }
}
