import { MOST_PARTS, type Part, parseHosts, planSplit, type SplitWish } from "../../../insight/address-plan/mod.ts";
import { parseIpPrefix } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { formatFree, hostColumns, jsonSubnet } from "../views/subnet.ts";

export const subnetSplit = defineCommand({
  name: "subnet split",
  summary: "Split a prefix by count, by hosts or by length",
  details:
    "One --hosts makes equal parts, several make one part for each, the largest first (VLSM). Hosts are interfaces, the router's among them. IPv6 parts for hosts are /64s, unless the prefix is a longer one.",
  options: {
    count: option.value("NUMBER", "Into so many equal parts", wholeNumber(1, MOST_PARTS)),
    hosts: option.list("NUMBER", "Into parts with so many hosts", parseHosts, { commas: true }),
    length: option.value("BITS", "Into parts of this length", wholeNumber(0, 128)),
  },
  operands: { prefix: operand.one("PREFIX", parseIpPrefix) },
  daemon: "none",
  examples: [
    { line: "weft subnet split 10.0.0.0/24 --count 4", says: "Four parts" },
    { line: "weft subnet split 10.0.0.0/24 --hosts 100 --hosts 50 --hosts 2", says: "One part for each need" },
    { line: "weft subnet split 2001:db8::/60 --length 64", says: "IPv6 links" },
  ],
  async run({ options, operands, out }) {
    const split = planSplit(operands.prefix, readWish(options));
    if (options.json) return out.json({ ...split, parts: split.parts.map(jsonSubnet) });
    const isForHosts = options.hosts.length > 0;
    out.table(split.parts, {
      PREFIX: ({ prefix }: Part) => prefix,
      ...(isForHosts && { WANTED: ({ hosts }: Part) => String(hosts) }),
      ...hostColumns,
    });
    if (split.free.length > 0) out.line(`free: ${formatFree(split.free)}`);
  },
});

interface SplitFlags {
  readonly count: number | undefined;
  readonly hosts: readonly bigint[];
  readonly length: number | undefined;
}

/** @throws {UsageError} unless one way is named. */
function readWish({ count, hosts, length }: SplitFlags): SplitWish {
  const wishes: readonly SplitWish[] = [
    ...(count === undefined ? [] : [{ kind: "count", count } as const]),
    ...(length === undefined ? [] : [{ kind: "length", lengthBits: length } as const]),
    ...(hosts.length === 0 ? [] : [{ kind: "hosts", hosts } as const]),
  ];
  const [wish] = wishes;
  if (wish === undefined || wishes.length > 1) {
    throw new UsageError("Cannot split a prefix: want one of --count, --hosts and --length");
  }
  return wish;
}
