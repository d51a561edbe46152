import { type Codec, codec } from "./codec.ts";
import type { NameOfType, Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Flags in an attribute's type. Source: include/uapi/linux/netlink.h. */
export const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
const HEADER_BYTES = 4;

/** An attribute whose type the schema does not have. Kernels are newer than we are: it is kept. */
export interface RawAttribute {
  readonly type: number;
  readonly payload: Uint8Array;
}

export interface Attribute<Out, In = Out> {
  /** Type number with the flags that we send; flags are ignored when reading. */
  readonly type: number;
  readonly codec: Codec<Out, In>;
  /** The attribute may stand several times: the value is a list. */
  readonly repeated: boolean;
  /** Overrides the label that is made from the field's name. */
  readonly label?: string;
}

export function attr<Out, In = Out>(type: number, codec: Codec<Out, In>, label?: string): Attribute<Out, In> {
  return { type, codec, repeated: false, ...(label !== undefined && { label }) };
}

/** An attribute that stands once for each item of a list, such as `NFTA_LIST_ELEM`. */
export function repeatedAttr<Out, In = Out>(
  type: number,
  item: Codec<Out, In>,
  label?: string,
): Attribute<readonly Out[], readonly In[]> & { readonly repeated: true } {
  // The schema's loop below writes and reads one item at a time; the type says what the caller sees.
  return {
    type,
    codec: item as unknown as Codec<readonly Out[], readonly In[]>,
    repeated: true,
    ...(label !== undefined && { label }),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a schema's fields differ in type; each field's own type is inferred below
type Schema = Readonly<Record<string, Attribute<any, any>>>;
type Decoded<S extends Schema> = {
  readonly [K in keyof S]?: S[K] extends Attribute<infer Out, infer _In> ? Out : never;
} & { readonly unknown?: readonly RawAttribute[] };
type Encodable<S extends Schema> = {
  readonly [K in keyof S]?: (S[K] extends Attribute<infer _Out, infer In> ? In : never) | undefined;
} & { readonly unknown?: readonly RawAttribute[] };

/** Writes one attribute: header, payload, padding to four bytes. */
export function writeAttribute(writer: Writer, type: number, payload: (writer: Writer) => void): void {
  const start = writer.length;
  writer.u16(0);
  writer.u16(type);
  payload(writer);
  const length = writer.length - start;
  if (length > 0xffff)
    throw new RangeError(`Cannot encode attribute ${type & NLA_TYPE_MASK}: ${length} bytes, at most 65535`);
  writer.patchU16(start, length);
  writer.align(4);
}

/**
 * Reads attributes until the bytes end.
 *
 * @param visit Must read the payload of so many bytes, and no more.
 */
export function readAttributes(
  reader: Reader,
  nameOf: NameOfType,
  visit: (type: number, payloadBytes: number) => void,
): void {
  while (reader.remaining >= HEADER_BYTES) {
    const length = reader.u16();
    const type = reader.u16() & NLA_TYPE_MASK;
    if (length < HEADER_BYTES) throw reader.error(`${nameOf(type)} says ${length} bytes, an attribute has at least 4`);
    const payloadBytes = length - HEADER_BYTES;
    if (payloadBytes > reader.remaining) {
      throw reader.error(`${nameOf(type)} says ${payloadBytes} bytes of payload, ${reader.remaining} are left`);
    }
    visit(type, payloadBytes);
    reader.skip(Math.min((4 - (length % 4)) % 4, reader.remaining));
  }
  if (reader.remaining > 0) throw reader.error(`${reader.remaining} bytes are left, an attribute has at least 4`);
}

/** `IFLA` and `vlanId` give `IFLA_VLAN_ID`. */
function kernelName(prefix: string, field: string): string {
  return `${prefix}_${field.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase()}`;
}

function numbered<Field extends Attribute<unknown>>(prefix: string, key: string, field: Field) {
  return [field.type & NLA_TYPE_MASK, { key, field, label: field.label ?? kernelName(prefix, key) }] as const;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export interface AttributesOptions {
  /** What becomes of attributes that the schema does not have; default: `keep`. */
  readonly unknown?: "keep" | "skip";
}

/**
 * A set of netlink attributes (type, length, value), all optional, in any order. Written in the schema's order.
 * Unknown attributes are kept in `unknown`; a payload that its codec does not use up is an error.
 *
 * @param prefix The kernel's prefix, for paths in errors: `IFLA`.
 */
export function attributes<S extends Schema>(
  prefix: string,
  schema: S,
  { unknown: fate = "keep" }: AttributesOptions = {},
): Codec<Decoded<S>, Encodable<S>> {
  // Made when first needed: there are dozens of schemas, and a command uses a few, some of them only to write.
  const fields = once(() => Object.entries(schema) as [string, S[string]][]);
  const byNumber = once(() => new Map(fields().map(([key, field]) => numbered(prefix, key, field))));
  const nameOf = (type: number): string => byNumber().get(type)?.label ?? `${prefix}_${type}`;

  return codec<Decoded<S>, Encodable<S>>({
    write(writer, value) {
      for (const [key, field] of fields()) {
        const given: unknown = value[key];
        if (given === undefined) continue;
        const items = field.repeated ? (given as readonly unknown[]) : [given];
        for (const item of items) writeAttribute(writer, field.type, (inner) => field.codec.write(inner, item));
      }
      for (const raw of value.unknown ?? []) writeAttribute(writer, raw.type, (inner) => inner.bytes(raw.payload));
    },
    read(reader) {
      const result: Record<string, unknown> = {};
      const lists = new Map<string, unknown[]>(); // of repeated attributes: a message may have thousands
      const unknown: RawAttribute[] = [];
      readAttributes(reader, nameOf, (type, payloadBytes) => {
        const found = byNumber().get(type);
        if (found === undefined) {
          if (fate === "keep") unknown.push({ type, payload: reader.view(payloadBytes) });
          else reader.skip(payloadBytes);
          return;
        }
        const { key, field } = found;
        const payload = reader.sub(payloadBytes, nameOf, type);
        const value: unknown = field.codec.read(payload);
        if (payload.remaining > 0)
          throw payload.error(`${payload.remaining} bytes follow a value of ${payload.offset}`);
        if (!field.repeated) {
          result[key] = value;
          return;
        }
        const list = lists.get(key);
        if (list === undefined) lists.set(key, [value]);
        else list.push(value);
      });
      for (const [key, list] of lists) result[key] = list;
      if (unknown.length > 0) result["unknown"] = unknown;
      return result as Decoded<S>;
    },
    locate(bytes, offset) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
      for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
        const length = view.getUint16(at, little);
        if (length < HEADER_BYTES || at + length > bytes.length) return undefined;
        const type = view.getUint16(at + 2, little) & NLA_TYPE_MASK;
        if (offset < at + length) {
          const payload = bytes.subarray(at + HEADER_BYTES, at + length);
          const inner =
            offset >= at + HEADER_BYTES
              ? byNumber()
                  .get(type)
                  ?.field.codec.locate(payload, offset - at - HEADER_BYTES)
              : undefined;
          return inner === undefined ? nameOf(type) : `${nameOf(type)}/${inner}`;
        }
        at += (length + 3) & ~3;
      }
      return undefined;
    },
  });
}
