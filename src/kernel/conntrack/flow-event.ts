import type { Message } from "../../netlink/connection/mod.ts";
import { flowMessage, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_NEW, NLM_F_CREATE } from "../../netlink/conntrack/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import { watchKernel } from "../events/mod.ts";
import type { Flow } from "./flow.ts";
import { flowFromMessage } from "./flow-from-message.ts";

export type FlowEvent =
  | { readonly kind: "new" | "update" | "destroy"; readonly flow: Flow }
  /** Events were lost: whoever mirrors the table must list it again. */
  | { readonly kind: "overrun" };

/**
 * What a message of a conntrack group says; `undefined` for what is not about a flow.
 *
 * @throws {DecodeError}
 */
export function decodeFlowEvent({ type, flags, payload }: Message): FlowEvent | undefined {
  if (type !== IPCTNL_MSG_CT_NEW && type !== IPCTNL_MSG_CT_DELETE) return undefined;
  const flow = flowFromMessage(flowMessage.decode(payload));
  if (flow === undefined) return undefined;
  if (type === IPCTNL_MSG_CT_DELETE) return { kind: "destroy", flow };
  return { kind: (flags & NLM_F_CREATE) !== 0 ? "new" : "update", flow };
}

export interface FlowWatchOptions {
  readonly netns?: Netns;
  /** Default: all. Updates of busy flows are many. */
  readonly kinds?: readonly ("new" | "update" | "destroy")[];
}

/** The life of flows from now on. Disposing of it ends the thread that receives. */
export function watchFlows({
  netns,
  kinds = ["new", "update", "destroy"],
}: FlowWatchOptions = {}): AsyncIterable<FlowEvent> & AsyncDisposable {
  const watch = watchKernel({ conntrack: kinds, ...(netns !== undefined && { netns }) });
  return {
    async *[Symbol.asyncIterator]() {
      for await (const notification of watch) {
        const event = notification.kind === "overrun" ? notification : decodeFlowEvent(notification.message);
        if (event !== undefined) yield event.kind === "overrun" ? { kind: "overrun" } : event;
      }
    },
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}
