import { type Codec, codec, struct, u8, u16be } from "../../wire/mod.ts";

/** `struct nfgenmsg`. Source: include/uapi/linux/netfilter/nfnetlink.h. */
export const nfgenmsg = struct("nfgenmsg", { family: u8, version: u8, resourceId: u16be });
const HEADER_BYTES = 4;

export interface NftMessage<Body> {
  /** `NfProto`. */
  readonly family: number;
  /** In answers and notifications the low 16 bits of the ruleset's generation. */
  readonly resourceId: number;
  readonly body: Body;
}
export interface NftMessageInput<Body> {
  readonly family: number;
  readonly resourceId?: number;
  readonly body: Body;
}

/** A netfilter header and the attributes behind it. */
export function nftMessage<Out, In>(body: Codec<Out, In>): Codec<NftMessage<Out>, NftMessageInput<In>> {
  return codec<NftMessage<Out>, NftMessageInput<In>>({
    write(writer, value) {
      nfgenmsg.write(writer, { family: value.family, resourceId: value.resourceId ?? 0 });
      body.write(writer, value.body);
    },
    read(reader) {
      const { family, resourceId } = nfgenmsg.read(reader);
      return { family, resourceId, body: body.read(reader) };
    },
    locate(bytes, offset) {
      return offset < HEADER_BYTES ? undefined : body.locate(bytes.subarray(HEADER_BYTES), offset - HEADER_BYTES);
    },
  });
}
