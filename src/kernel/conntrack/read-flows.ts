import { openConnection } from "../../netlink/connection/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import type { Flow } from "./flow.ts";
import { listFlows } from "./flow-client.ts";
import type { FlowFilter } from "./flow-filter.ts";

/** The flows of a namespace, for who asks once: the long-lived socket of `listFlows` is the engine's. @throws {KernelError} */
export function readFlows(netns: Netns, filter: FlowFilter = {}): readonly Flow[] {
  using connection = openConnection({ protocol: "netfilter", netns });
  return listFlows(connection, filter);
}
