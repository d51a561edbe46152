import { type Codec, codec } from "./codec.ts";

type Fields = Readonly<Record<string, Codec<number> | Codec<bigint> | Codec<Uint8Array>>>;
type Values<F extends Fields> = { readonly [K in keyof F]: F[K] extends Codec<infer Out> ? Out : never };

/**
 * A C structure: fields in order, each of fixed size, no implicit padding (declare it: `pad: u8`).
 * The encoder takes any subset of the fields; the rest are zero.
 */
export function struct<F extends Fields>(name: string, fields: F): Codec<Values<F>, Partial<Values<F>>> {
  const entries = Object.entries(fields);
  const size = entries.reduce((sum, [key, field]) => {
    if (field.size === undefined) throw new TypeError(`Field ${key} of struct ${name} has no fixed size`);
    return sum + field.size;
  }, 0);
  return codec<Values<F>, Partial<Values<F>>>({
    size,
    write(writer, value) {
      for (const [key, field] of entries) {
        const given: unknown = value[key];
        if (given === undefined) writer.zeros(field.size ?? 0);
        else (field as Codec<unknown>).write(writer, given); // the mapped type above pairs key and field
      }
    },
    read(reader) {
      if (reader.remaining < size)
        throw reader.error(`struct ${name} wants ${size} bytes, ${reader.remaining} are left`);
      const values: Record<string, unknown> = {};
      for (const [key, field] of entries) values[key] = field.read(reader);
      return values as Values<F>;
    },
  });
}
