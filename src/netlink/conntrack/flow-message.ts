import { type Codec, codec, struct, u8, u16be } from "../../wire/mod.ts";
import { type FlowAttributes, type FlowAttributesInput, flowAttributes } from "./flow-attributes.ts";

/** `struct nfgenmsg`. Source: include/uapi/linux/netfilter/nfnetlink.h. */
const nfgenmsg = struct("nfgenmsg", { family: u8, version: u8, resourceId: u16be });
const HEADER_BYTES = 4;

export interface FlowMessage {
  /** `AF_INET` or `AF_INET6`; in a question `AF_UNSPEC` stands for both. */
  readonly family: number;
  readonly attributes: FlowAttributes;
}
export interface FlowMessageInput {
  readonly family: number;
  readonly attributes: FlowAttributesInput;
}

/** The payload of all conntrack messages. */
export const flowMessage: Codec<FlowMessage, FlowMessageInput> = codec<FlowMessage, FlowMessageInput>({
  write(writer, { family, attributes }) {
    nfgenmsg.write(writer, { family });
    flowAttributes.write(writer, attributes);
  },
  read(reader) {
    const { family } = nfgenmsg.read(reader);
    return { family, attributes: flowAttributes.read(reader) };
  },
  locate(bytes, offset) {
    if (offset < HEADER_BYTES) return undefined;
    return flowAttributes.locate(bytes.subarray(HEADER_BYTES), offset - HEADER_BYTES);
  },
});
