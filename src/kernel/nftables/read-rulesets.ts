import { openConnection } from "../../netlink/connection/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import { NftClient, type ObservedRuleset } from "./client.ts";

/**
 * All tables of a namespace with all that is in them, for who asks once. Each table is of one moment; one that goes away meanwhile is
 * left out.
 *
 * @throws {KernelError} `EINTR` when somebody changes rulesets all the time.
 */
export function readRulesets(netns: Netns): readonly ObservedRuleset[] {
  using connection = openConnection({ protocol: "netfilter", netns });
  const client = new NftClient(connection);
  return client
    .listTables()
    .map((table) => client.observeTable(table))
    .filter((ruleset) => ruleset !== undefined);
}
