import { DecodeError } from "../../wire/mod.ts";

const HEADER_BYTES = 16; // struct ifinfomsg
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_INFO_KIND = 1;
const TYPE_MASK = 0x3fff;
const decoder = new TextDecoder();

/** Which link a message is about, and what it is. */
export interface LinkGlance {
  readonly family: number;
  readonly index: number;
  readonly name?: string;
  readonly alias?: string;
  /** Such as `bridge`; absent for links of hardware. */
  readonly kind?: string;
  /** Bytes of the link-layer address. */
  readonly address?: Uint8Array;
  /** RFC 2863, as `IF_OPER_*` in include/uapi/linux/if.h. */
  readonly operState?: number;
}

/**
 * Reads the little that most want to know out of a link message's some sixty attributes, in a tenth of the time that decoding it takes: a change
 * of ours alone brings a dozen notifications of links.
 *
 * @throws {DecodeError} when the lengths do not fit.
 */
export function glanceAtLinkMessage(payload: Uint8Array): LinkGlance {
  if (payload.length < HEADER_BYTES) throw new DecodeError("ifinfomsg", `want 16 bytes, ${payload.length} are left`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const found: { name?: string; alias?: string; kind?: string; address?: Uint8Array; operState?: number } = {};
  walk(payload, HEADER_BYTES, payload.length, (type, start, end) => {
    if (type === IFLA_IFNAME) found.name = text(payload, start, end);
    else if (type === IFLA_IFALIAS) found.alias = text(payload, start, end);
    else if (type === IFLA_OPERSTATE && end > start) found.operState = view.getUint8(start);
    else if (type === IFLA_ADDRESS) found.address = payload.subarray(start, end);
    else if (type === IFLA_LINKINFO) {
      walk(payload, start, end, (inner, from, to) => {
        if (inner === IFLA_INFO_KIND) found.kind = text(payload, from, to);
      });
    }
  });
  return { family: view.getUint8(0), index: view.getInt32(4, true), ...found };
}

function walk(
  payload: Uint8Array,
  start: number,
  end: number,
  visit: (type: number, start: number, end: number) => void,
): void {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let offset = start; offset + 4 <= end; ) {
    const length = view.getUint16(offset, true);
    if (length < 4 || offset + length > end) {
      throw new DecodeError("IFLA", `an attribute says ${length} bytes, want 4 to ${end - offset}`);
    }
    visit(view.getUint16(offset + 2, true) & TYPE_MASK, offset + 4, offset + length);
    offset += (length + 3) & ~3;
  }
}

/** Up to the NUL, which the alias comes without. */
function text(payload: Uint8Array, start: number, end: number): string {
  const bytes = payload.subarray(start, end);
  const nul = bytes.indexOf(0);
  return decoder.decode(nul < 0 ? bytes : bytes.subarray(0, nul));
}
