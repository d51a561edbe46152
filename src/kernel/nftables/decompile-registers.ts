import { REGISTER_WORDS } from "../../netlink/nftables/mod.ts";
import { type NftField, type NftSelector, selectorFields } from "../objects/nftables/mod.ts";
import { paddedBytes } from "./value-bytes.ts";

/** What a register holds while a foreign rule is read. */
export type RegisterValue =
  | { readonly kind: "constant"; readonly bytes: Uint8Array }
  | {
      readonly kind: "selector";
      readonly selector: NftSelector;
      /** The single field that it holds; the first one of a map's value. */
      readonly field: NftField;
      /** Only the field's first bytes were loaded: a prefix is compared. */
      readonly loadedBytes?: number;
      /** Of an address that was masked to a prefix. */
      readonly prefixBits?: number;
    };

/** The registers of a rule, by their first word. */
export class Registers {
  readonly #values = new Map<number, RegisterValue>();

  /** @throws {NotUnderstood} for a value of no bytes: who walks over registers would never arrive. */
  set(word: number, value: RegisterValue): void {
    if (value.kind === "selector" && value.field.bytes < 1) throw new NotUnderstood("a value of no bytes");
    this.#values.set(word, value);
  }

  /** @throws {NotUnderstood} when nothing was loaded there. */
  get(word: number | undefined): RegisterValue {
    const value = word === undefined ? undefined : this.#values.get(word);
    if (value === undefined) throw new NotUnderstood("a register that nothing was loaded into");
    return value;
  }

  /** After an expression that we cannot read nobody knows what is where. */
  forget(): void {
    this.#values.clear();
  }

  selector(word: number | undefined): Extract<RegisterValue, { kind: "selector" }> {
    const value = this.get(word);
    if (value.kind !== "selector") throw new NotUnderstood("a constant where a selector is expected");
    return value;
  }

  /**
   * The key that begins at a register: one selector, or several beside each other as a concatenation.
   *
   * @param fields Of the set that is asked; without them all that lies beside each other is taken.
   */
  key(word: number | undefined, fields: readonly NftField[] | undefined): NftSelector {
    const first = this.selector(word);
    const words = fields?.reduce((sum, field) => sum + paddedBytes(field) / 4, 0);
    const parts: NftSelector[] = [];
    let at = word ?? 0;
    const end = words === undefined ? REGISTER_WORDS : at + words;
    while (at < end) {
      const value = this.#values.get(at);
      if (value?.kind !== "selector") break;
      parts.push(value.selector);
      at += paddedBytes(value.field) / 4;
    }
    if (words !== undefined && at !== end) throw new NotUnderstood("a key of other fields than its set has");
    if (fields !== undefined && !haveTypes(parts, fields))
      throw new NotUnderstood("a key of other types than its set has");
    return parts.length > 1 ? { kind: "concat", parts } : first.selector;
  }
}

/** A set's elements are read by its own types: they have to be what the rule looks up. A bare integer fits every number. */
function haveTypes(parts: readonly NftSelector[], fields: readonly NftField[]): boolean {
  const own = parts.flatMap(selectorFields);
  return (
    own.length === fields.length &&
    own.every(({ type, bytes }, index) => {
      const field = fields[index];
      return field?.bytes === bytes && (field.type === type || field.type === "integer");
    })
  );
}

/** Says that an expression has no words here; the rule's reader keeps it as it is. */
export class NotUnderstood extends Error {
  override readonly name = "NotUnderstood";
}

export function selectorValue(selector: NftSelector, extra: { readonly loadedBytes?: number } = {}): RegisterValue {
  const field = selectorFields(selector)[0] ?? { type: "integer", bytes: 4, order: "network" };
  return { kind: "selector", selector, field, ...extra };
}
