import { attr, attributes, fixedBytes, type Infer, type InferInput, s32, struct, u8, u32 } from "../../wire/mod.ts";
import { headed } from "./values.ts";

/** Source: include/uapi/linux/rtnetlink.h. */
export const RTM_NEWNSID = 88;
export const RTM_GETNSID = 90;

/** `struct rtgenmsg`, with what aligns the attributes after it. */
const rtgenmsg = struct("rtgenmsg", { family: u8, pad: fixedBytes(3) });

/** Source: include/uapi/linux/net_namespace.h. */
const namespaceIdAttributes = attributes("NETNSA", {
  nsid: attr(1, s32), // -1: it has none yet
  pid: attr(2, u32),
  fd: attr(3, u32),
  targetNsid: attr(4, s32),
  currentNsid: attr(5, s32),
});

/** `RTM_GETNSID` and `RTM_NEWNSID`: the number that one namespace has for another. */
export const namespaceIdMessage = headed(rtgenmsg, namespaceIdAttributes);
export type NamespaceIdMessage = Infer<typeof namespaceIdMessage>;
export type NamespaceIdMessageInput = InferInput<typeof namespaceIdMessage>;
