import { readIptablesTables } from "../../kernel/iptables/mod.ts";
import { currentNetns } from "../../kernel/netns/mod.ts";
import { readRulesets } from "../../kernel/nftables/mod.ts";
import { readSysctl, SystemCallError, writeSysctl } from "../../sys/mod.ts";

/** One thing that a node whose containers have networks must have. */
export interface NodeFinding {
  readonly what: string;
  readonly state: "ok" | "lacking";
  /** What there is, and what was wanted. */
  readonly sentence: string;
  /** A sysctl that mends it, with slashes. */
  readonly remedy?: { readonly sysctl: string; readonly value: string };
}

/** What the kernel of this namespace says of forwarding, bridged frames, and filters that drop what is forwarded. */
export function readNodeCondition(): readonly NodeFinding[] {
  return [
    switchFinding("IPv4 forwarding", "net/ipv4/ip_forward", "1"),
    switchFinding("IPv6 forwarding", "net/ipv6/conf/all/forwarding", "1"),
    // Services of Kubernetes between containers of one bridge are translated only so.
    switchFinding("bridged IPv4 frames in the firewall", "net/bridge/bridge-nf-call-iptables", "1"),
    switchFinding("bridged IPv6 frames in the firewall", "net/bridge/bridge-nf-call-ip6tables", "1"),
    ...filterFindings(),
  ];
}

function switchFinding(what: string, sysctl: string, wanted: string): NodeFinding {
  const name = sysctl.replaceAll("/", ".");
  const value = findSysctl(sysctl);
  if (value === wanted) return { what, state: "ok", sentence: `${name} is ${value}` };
  if (value === undefined) {
    return { what, state: "lacking", sentence: `this kernel has no ${name}: load the module br_netfilter` };
  }
  return { what, state: "lacking", sentence: `${name} is ${value}, want ${wanted}`, remedy: { sysctl, value: wanted } };
}

function findSysctl(path: string): string | undefined {
  try {
    return readSysctl(path);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

function filterFindings(): readonly NodeFinding[] {
  const dropping = [...nftChains(), ...legacyChains()];
  const what = "filters of others";
  if (dropping.length === 0) return [{ what, state: "ok", sentence: "none drops what is forwarded by its policy" }];
  return dropping.map((chain) => ({
    what,
    state: "lacking",
    sentence: `${chain} drops what no rule accepts: accept the containers' subnets there`,
  }));
}

function nftChains(): readonly string[] {
  using netns = currentNetns();
  return readRulesets(netns).flatMap(({ table, chains }) =>
    chains
      .filter(({ base }) => base?.type === "filter" && base.hook === "forward" && base.policy === "drop")
      .map(({ name }) => `chain ${name} of table ${table.family} ${table.name}`),
  );
}

function legacyChains(): readonly string[] {
  using netns = currentNetns();
  return readIptablesTables(netns).flatMap(({ family, name, chains }) =>
    chains
      .filter((chain) => chain.name === "FORWARD" && chain.policy === "drop")
      .map((chain) => `chain ${chain.name} of table ${name} of iptables-legacy (${family})`),
  );
}

/** Sets switches, for as long as this kernel runs. @throws {SystemCallError} */
export function setSwitches(remedies: readonly NonNullable<NodeFinding["remedy"]>[]): void {
  for (const { sysctl, value } of remedies) writeSysctl(sysctl, value);
}
