import { attr, attributes, fixedBytes, type Infer, type InferInput, s32, struct, u8 } from "../../wire/mod.ts";
import { headed } from "./values.ts";

/** Source: include/uapi/linux/rtnetlink.h. */
export const RTM_GETNETCONF = 82;

/** Stands for `net.ipv4.conf.all` and the like in place of a link's number. Source: include/uapi/linux/netconf.h. */
export const NETCONFA_IFINDEX_ALL = -1;

/** `struct netconfmsg`, with what aligns the attributes after it. */
const netconfmsg = struct("netconfmsg", { family: u8, pad: fixedBytes(3) });

/** Source: include/uapi/linux/netconf.h. */
const netconfAttributes = attributes("NETCONFA", { ifindex: attr(1, s32), forwarding: attr(2, s32) });

/** `RTM_GETNETCONF` and its answer: some sysctls of a family, of one link or of all. */
export const netconfMessage = headed(netconfmsg, netconfAttributes);
export type NetconfMessage = Infer<typeof netconfMessage>;
export type NetconfMessageInput = InferInput<typeof netconfMessage>;
