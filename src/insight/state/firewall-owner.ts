/** Who made a part of the firewall, as far as its name tells: programs leave no other mark. */
export type FirewallOwner = string;

/** Nobody that we know. */
export const SOMEBODY: FirewallOwner = "somebody";
/** Chains that whoever administers the host fills: they are kept by the program that made them, and their rules are nobody else's. */
export const ADMINISTRATOR: FirewallOwner = "administrator";
/** A table that iptables-nft keeps: its chains may be anybody's. */
export const IPTABLES_NFT: FirewallOwner = "iptables-nft";
/** The same of iptables-legacy, which is a firewall of its own. */
export const IPTABLES_LEGACY: FirewallOwner = "iptables-legacy";

function isShared(owner: FirewallOwner): boolean {
  return owner === IPTABLES_NFT || owner === IPTABLES_LEGACY;
}

/** Tables by name. Sources: the programs' own documentation of their nftables backends. */
const tables: readonly (readonly [RegExp, FirewallOwner])[] = [
  [/^weft$/, "weft"],
  // What weft firewall add makes is whoever's who typed it.
  [/^weft-rules$/, ADMINISTRATOR],
  [/^weft-topology-/, "topology"],
  [/^docker-bridges$/, "docker"],
  [/^firewalld(_policy_drop)?$/, "firewalld"],
  [/^ufw6?$/, "ufw"],
  [/^kube-proxy$/, "kube-proxy"],
  [/^kube-network-policies$/, "kube-network-policies"],
  [/^(cali|calico)\b/, "calico"],
  [/^netavark$/, "netavark"],
  [/^cni_hostport$/, "cni"],
  [/^libvirt_network$/, "libvirt"],
  [/^(lxc|lxd|incus)$/, "lxd"],
  [/^io\.systemd\.nat$/, "systemd"],
  [/^f2b-/, "fail2ban"],
  [/^crowdsec/, "crowdsec"],
  [/^sshguard$/, "sshguard"],
  [/^tailscale/, "tailscale"],
];

/** Tables that iptables, ip6tables, arptables and ebtables have. */
const iptablesTables: readonly string[] = ["filter", "nat", "mangle", "raw", "security", "broute"];
const builtInChains: readonly string[] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING"];

/** Chains in tables of iptables, by name: each program puts its own at the beginning of its names. */
const chains: readonly (readonly [RegExp, FirewallOwner])[] = [
  [/^DOCKER-USER$/, ADMINISTRATOR],
  [/^DOCKER(-|$)/, "docker"],
  [/^ufw6?-user-/, "ufw"],
  [/^ufw6?-/, "ufw"],
  [/^(KUBE|cali-kube)-/, "kube-proxy"],
  [/^cali-/, "calico"],
  [/^CNI-/, "cni"],
  [/^NETAVARK[_-]/, "netavark"],
  [/^FLANNEL-/, "flannel"],
  [/^LIBVIRT_/, "libvirt"],
  [/^f2b-/, "fail2ban"],
  [/^ts-/, "tailscale"],
  [/^(IN|OUT|FWD[IO]?|PRE|POST)_|^(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_(direct|ZONES|POLICIES_)/, "firewalld"],
];

/** Links that Docker makes, in rules that it puts into built-in chains without another mark. */
const DOCKER_LINK = /"(docker0|docker_gwbridge|br-[0-9a-f]{12})"|\s(docker0|docker_gwbridge|br-[0-9a-f]{12})(\s|$)/;

export function tableOwner(family: string, name: string, chainNames: readonly string[]): FirewallOwner {
  if (name === "weft" && family !== "inet") return SOMEBODY; // ours is of both families
  const known = tables.find(([pattern]) => pattern.test(name))?.[1];
  if (known !== undefined) return known;
  const isIptables = family !== "inet" && iptablesTables.includes(name) && chainNames.some(isBuiltIn);
  return isIptables ? IPTABLES_NFT : SOMEBODY;
}

/** @param owner Of the table. */
export function chainOwner(owner: FirewallOwner, chain: string): FirewallOwner {
  // Weft makes it once and never touches it again.
  if (owner === "weft") return chain === "admin" ? ADMINISTRATOR : owner;
  if (!isShared(owner)) return owner;
  return chains.find(([pattern]) => pattern.test(chain))?.[1] ?? (isBuiltIn(chain) ? owner : SOMEBODY);
}

export interface OwnedRule {
  /** The owner of the chain that it stands in. */
  readonly chain: FirewallOwner;
  readonly text: string;
  /** Where it jumps. */
  readonly target?: string;
}

/** A rule in somebody's chain is theirs; one in a built-in chain is of whoever it jumps to. */
export function ruleOwner({ chain, text, target }: OwnedRule): FirewallOwner {
  if (!isShared(chain)) return chain;
  if (target !== undefined) {
    const owner = chainOwner(IPTABLES_NFT, target);
    // Docker makes the chain for the administrator, and the jump to it.
    return owner === ADMINISTRATOR ? "docker" : isShared(owner) ? SOMEBODY : owner;
  }
  return DOCKER_LINK.test(text) ? "docker" : SOMEBODY;
}

function isBuiltIn(chain: string): boolean {
  return builtInChains.includes(chain);
}
