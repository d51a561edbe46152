import { DecodeError } from "../../wire/mod.ts";

const HEADER_BYTES = 16; // struct ifinfomsg
const IFLA_IFNAME = 3;
const IFLA_IFALIAS = 20;
const TYPE_MASK = 0x3fff;
const decoder = new TextDecoder();

/** Which link a message is about, and no more. */
export interface LinkGlance {
  readonly family: number;
  readonly index: number;
  readonly name?: string;
  readonly alias?: string;
}

/**
 * Reads name and alias out of a link message's some sixty attributes, in a tenth of the time that decoding it takes: a change
 * of ours alone brings a dozen notifications of links.
 *
 * @throws {DecodeError} when the lengths do not fit.
 */
export function glanceAtLinkMessage(payload: Uint8Array): LinkGlance {
  if (payload.length < HEADER_BYTES) throw new DecodeError("ifinfomsg", `want 16 bytes, ${payload.length} are left`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let name: string | undefined;
  let alias: string | undefined;
  for (let offset = HEADER_BYTES; offset + 4 <= payload.length; ) {
    const length = view.getUint16(offset, true);
    if (length < 4 || offset + length > payload.length) {
      throw new DecodeError("IFLA", `an attribute says ${length} bytes, want 4 to ${payload.length - offset}`);
    }
    const type = view.getUint16(offset + 2, true) & TYPE_MASK;
    if (type === IFLA_IFNAME) name = text(payload, offset + 4, offset + length);
    else if (type === IFLA_IFALIAS) alias = text(payload, offset + 4, offset + length);
    offset += (length + 3) & ~3;
  }
  return {
    family: view.getUint8(0),
    index: view.getInt32(4, true),
    ...(name !== undefined && { name }),
    ...(alias !== undefined && { alias }),
  };
}

/** Up to the NUL, which the alias comes without. */
function text(payload: Uint8Array, start: number, end: number): string {
  const bytes = payload.subarray(start, end);
  const nul = bytes.indexOf(0);
  return decoder.decode(nul < 0 ? bytes : bytes.subarray(0, nul));
}
