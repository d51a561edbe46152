import { assign, masked, match, meta, type NftStatement } from "../kernel/objects/nftables/mod.ts";

/** A firewall mark as far as the mask says: 32 bits each. */
export interface PacketMark {
  readonly value: number;
  readonly mask: number;
}

const WHOLE = 0xffffffff;

/** `7`, or with a mask `0x10/0xff`. @throws {SyntaxError} */
export function parsePacketMark(text: string): PacketMark {
  const [, value, mask] = /^(0x[0-9a-f]{1,8}|\d{1,10})(?:\/(0x[0-9a-f]{1,8}))?$/i.exec(text) ?? [];
  if (value === undefined || Number(value) > WHOLE) {
    throw new SyntaxError(`Cannot parse mark ${JSON.stringify(text)}: want a number such as 7 or 0x10/0xff`);
  }
  return { value: Number(value), mask: mask === undefined ? WHOLE : Number(mask) };
}

/** Whether a packet has it. */
export function markTest({ value, mask }: PacketMark): NftStatement {
  return mask === WHOLE ? match(meta("mark"), value) : match(masked(meta("mark"), { mask }), value);
}

/** Gives it to a packet; bits outside the mask stay. */
export function setMark({ value, mask }: PacketMark): NftStatement {
  const keep = ~mask >>> 0;
  return assign(meta("mark"), mask === WHOLE ? value : masked(meta("mark"), { mask: keep, xor: value }));
}
