import type { LinkName } from "../../net/mod.ts";
import { AF_BRIDGE, glanceAtLinkMessage, RTM_DELLINK, RTM_NEWLINK } from "../../netlink/route/mod.ts";
import type { LinkIndex } from "../objects/mod.ts";
import type { RouteMessageBytes } from "./connection.ts";
import { linkIndexOf } from "./message-values.ts";

/** Which link a notification is about: enough to see whether it is ours, without decoding all that it says. */
export interface MentionedLink {
  /** `changed` stands for "made or changed", also as a port of its bridge; of `port left`, the link may live on. */
  readonly event: "changed" | "deleted" | "port left";
  readonly index: LinkIndex;
  readonly name: LinkName;
  readonly alias?: string;
}

/**
 * The link that a notification is about; `undefined` when it is about something else.
 *
 * @throws {DecodeError} when the bytes do not have the shape of the message's type.
 */
export function mentionedLink({ type, payload }: RouteMessageBytes): MentionedLink | undefined {
  if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return undefined;
  const { family, index, name = "", alias } = glanceAtLinkMessage(payload);
  const deleted = family === AF_BRIDGE ? "port left" : "deleted";
  return {
    event: type === RTM_NEWLINK ? "changed" : deleted,
    index: linkIndexOf(index),
    name: name as LinkName, // the kernel's dev_valid_name() is the parser of its own names
    ...(alias !== undefined && { alias }),
  };
}
