import type { IpFamily } from "../../net/mod.ts";
import { iptablesTableNames, type Netns, readIptablesTable } from "../../sys/mod.ts";
import { decodeTable, type IptablesTable } from "./table.ts";

const families: readonly IpFamily[] = ["ipv4", "ipv6"];

/**
 * The tables of iptables-legacy that a namespace has: those that somebody has asked iptables-legacy for since it was made. Those
 * of iptables-nft are nf_tables'.
 *
 * @throws {SystemCallError}
 */
export function readIptablesTables(netns: Netns): readonly IptablesTable[] {
  return families.flatMap((family) =>
    iptablesTableNames(family, netns).flatMap((name) => {
      const bytes = readIptablesTable(family, name, netns);
      return bytes === undefined ? [] : [decodeTable(family, bytes)];
    }),
  );
}
