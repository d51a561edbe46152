import type { NetworkView, SubnetRequest } from "../../../contract/mod.ts";
import { hasEndpoints, ipamDriverOf, MACVLAN_OPTIONS, type Subnet } from "../../../model/mod.ts";
import { type IpFamily, ipValue, prefixAddress, prefixFamily, prefixLength } from "../../../net/mod.ts";
import type { ComposeNetwork } from "../mod.ts";
import { type Change, compare, compareMaps } from "./change.ts";

/**
 * What would have to change for a network to be as the file has it. What the file leaves to the engine is as it is, whatever
 * the engine chose: without a subnet any will do.
 */
export function networkChanges(
  wanted: ComposeNetwork,
  { labels, view }: { readonly labels: Readonly<Record<string, string>>; readonly view: NetworkView },
): readonly Change[] {
  return [
    ...compare("address driver", { was: ipamDriverOf(view.driver), want: wanted.ipamDriver ?? "default" }),
    ...compare("driver", { was: view.driver.kind, want: wanted.driver }),
    ...compareMaps("option", { was: view.options, want: wanted.options }),
    ...compareMaps("address allocation option", { was: view.ipamOptions, want: wanted.ipamOptions ?? {} }),
    ...subnetChanges(wanted, view),
    ...compare("internal", { was: view.internal, want: wanted.internal }),
    ...compare("attachable", { was: view.attachable, want: wanted.attachable }),
    ...compareMaps("label", { was: view.labels, want: labels }),
  ];
}

function subnetChanges(wanted: ComposeNetwork, { subnets, driver }: NetworkView): readonly Change[] {
  if (!hasEndpoints(wanted.driver)) return [];
  const left = new Set(subnets);
  const changes: Change[] = [];
  for (const request of wanted.subnets) {
    const match = [...left].find((subnet) => answers(subnet, request));
    if (match === undefined) changes.push(`subnet ${request.prefix ?? "of any prefix"} is new`);
    else {
      left.delete(match);
      changes.push(...detailChanges(match, request));
    }
  }
  const chosen = new Set(wanted.subnets.flatMap(({ prefix }) => (prefix === undefined ? [] : [prefixFamily(prefix)])));
  for (const family of automaticFamilies(wanted, chosen)) {
    const match = [...left].find(({ prefix }) => prefixFamily(prefix) === family);
    if (match === undefined) changes.push(`${family === "ipv4" ? "IPv4" : "IPv6"} is new`);
    else left.delete(match);
  }
  // A bridge that was there before says by itself which subnets it has.
  if (driver.kind === "bridge" && driver.settings.isFound === true) return changes;
  return [...changes, ...Array.from(left, ({ prefix }) => `subnet ${prefix} is gone`)];
}

/** The families for which the engine chooses a subnet by itself. */
function automaticFamilies(wanted: ComposeNetwork, given: ReadonlySet<IpFamily>): readonly IpFamily[] {
  // A request without a prefix stands for one of the first enabled family.
  const plain = wanted.subnets.some(({ prefix }) => prefix === undefined);
  const families: IpFamily[] = [];
  const leased = wanted.ipamDriver === "dhcp";
  if (wanted.ipv4 && !leased && !given.has("ipv4") && !plain) families.push("ipv4");
  if ((wanted.ipv6 ?? false) && !given.has("ipv6") && !(plain && !wanted.ipv4)) families.push("ipv6");
  return families;
}

/** Whether the subnet is the one that the request got; `0.0.0.0/26` asks for any of that length. */
function answers({ prefix }: Subnet, request: SubnetRequest): boolean {
  if (request.prefix === undefined) return true;
  if (prefixFamily(prefix) !== prefixFamily(request.prefix)) return false;
  if (ipValue(prefixAddress(request.prefix)) !== 0n) return prefix === request.prefix;
  return prefixLength(request.prefix) === 0 || prefixLength(prefix) === prefixLength(request.prefix);
}

function detailChanges(subnet: Subnet, request: SubnetRequest): readonly Change[] {
  const { prefix } = subnet;
  return [
    ...(request.gateway === undefined
      ? []
      : compare(`gateway of ${prefix}`, { was: subnet.gateway, want: request.gateway })),
    ...compare(`range of ${prefix}`, { was: subnet.range, want: request.range }),
    ...compareMaps(`auxiliary address of ${prefix}`, {
      was: subnet.auxiliary,
      want: { ...chosenAuxiliary(subnet), ...request.auxiliary },
    }),
  ];
}

/** The address of a host's link, which the engine chooses where none is named. */
function chosenAuxiliary({ auxiliary }: Subnet): Subnet["auxiliary"] {
  const address = auxiliary[MACVLAN_OPTIONS.hostLink];
  return address === undefined ? {} : { [MACVLAN_OPTIONS.hostLink]: address };
}
