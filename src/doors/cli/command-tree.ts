import { nearest } from "../../lib/mod.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** A command by name; the rest of it is loaded when it is wanted. */
export interface CommandEntry {
  /** Words after `weft`. */
  readonly name: string;
  /** Old habits: `network list` for `network ls`. */
  readonly also?: readonly string[];
  /** Not for people: in no help. */
  readonly hidden?: boolean;
  readonly load: () => Promise<Command>;
}

/** All commands, in the order of the help. */
export const commandTree: readonly CommandEntry[] = [
  { name: "network create", load: async () => (await import("./commands/network-create.ts")).networkCreate },
  {
    name: "network ls",
    also: ["network list"],
    load: async () => (await import("./commands/network-ls.ts")).networkLs,
  },
  { name: "network inspect", load: async () => (await import("./commands/network-inspect.ts")).networkInspect },
  {
    name: "network rm",
    also: ["network remove"],
    load: async () => (await import("./commands/network-rm.ts")).networkRm,
  },
  { name: "network prune", load: async () => (await import("./commands/network-prune.ts")).networkPrune },
  { name: "network connect", load: async () => (await import("./commands/network-connect.ts")).networkConnect },
  {
    name: "network disconnect",
    load: async () => (await import("./commands/network-disconnect.ts")).networkDisconnect,
  },
  { name: "up", load: async () => (await import("./commands/up.ts")).up },
  { name: "down", load: async () => (await import("./commands/down.ts")).down },
  { name: "run", load: async () => (await import("./commands/run.ts")).run },
  { name: "exec", load: async () => (await import("./commands/exec.ts")).exec },
  { name: "ps", load: async () => (await import("./commands/ps.ts")).ps },
  { name: "inspect", load: async () => (await import("./commands/inspect.ts")).inspect },
  { name: "logs", load: async () => (await import("./commands/logs.ts")).logs },
  { name: "start", load: async () => (await import("./commands/start.ts")).start },
  { name: "stop", load: async () => (await import("./commands/stop.ts")).stop },
  { name: "rm", load: async () => (await import("./commands/rm.ts")).rm },
  { name: "sandbox add", load: async () => (await import("./commands/sandbox-add.ts")).sandboxAdd },
  { name: "sandbox ls", also: ["sandbox list"], load: async () => (await import("./commands/ps.ts")).sandboxLs },
  { name: "sandbox rm", also: ["sandbox remove"], load: async () => (await import("./commands/rm.ts")).sandboxRm },
  { name: "cni install", load: async () => (await import("./commands/cni-install.ts")).cniInstall },
  { name: "cni status", load: async () => (await import("./commands/cni-status.ts")).cniStatus },
  { name: "netns ls", also: ["netns list"], load: async () => (await import("./commands/netns-ls.ts")).netnsLs },
  { name: "netns add", load: async () => (await import("./commands/netns-add.ts")).netnsAdd },
  {
    name: "netns rm",
    also: ["netns remove", "netns del", "netns delete"],
    load: async () => (await import("./commands/netns-rm.ts")).netnsRm,
  },
  { name: "netns exec", load: async () => (await import("./commands/netns-exec.ts")).netnsExec },
  { name: "link ls", also: ["link", "link list"], load: async () => (await import("./commands/link-ls.ts")).linkLs },
  { name: "link add", load: async () => (await import("./commands/link-add.ts")).linkAdd },
  {
    name: "link rm",
    also: ["link remove", "link del", "link delete"],
    load: async () => (await import("./commands/link-rm.ts")).linkRm,
  },
  { name: "link set", load: async () => (await import("./commands/link-set.ts")).linkSet },
  {
    name: "address ls",
    also: ["address", "address list", "addr", "addr ls"],
    load: async () => (await import("./commands/address-ls.ts")).addressLs,
  },
  { name: "address add", also: ["addr add"], load: async () => (await import("./commands/address-add.ts")).addressAdd },
  {
    name: "address rm",
    also: ["addr rm", "address remove", "address del", "address delete", "addr remove", "addr del", "addr delete"],
    load: async () => (await import("./commands/address-rm.ts")).addressRm,
  },
  {
    name: "route ls",
    also: ["route", "route list"],
    load: async () => (await import("./commands/route-ls.ts")).routeLs,
  },
  { name: "route get", load: async () => (await import("./commands/route-get.ts")).routeGet },
  { name: "route add", load: async () => (await import("./commands/route-add.ts")).routeAdd },
  {
    name: "route rm",
    also: ["route remove", "route del", "route delete"],
    load: async () => (await import("./commands/route-rm.ts")).routeRm,
  },
  { name: "rule ls", also: ["rule", "rule list"], load: async () => (await import("./commands/rule-ls.ts")).ruleLs },
  { name: "rule add", load: async () => (await import("./commands/rule-add.ts")).ruleAdd },
  {
    name: "rule rm",
    also: ["rule remove", "rule del", "rule delete"],
    load: async () => (await import("./commands/rule-rm.ts")).ruleRm,
  },
  {
    name: "neighbour ls",
    also: ["neighbour", "neighbour list", "neighbor", "neighbor ls", "neigh", "neigh ls"],
    load: async () => (await import("./commands/neighbour-ls.ts")).neighbourLs,
  },
  {
    name: "neighbour add",
    also: ["neighbor add", "neigh add"],
    load: async () => (await import("./commands/neighbour-add.ts")).neighbourAdd,
  },
  {
    name: "neighbour rm",
    also: [
      "neighbor rm",
      "neigh rm",
      "neighbour remove",
      "neighbour del",
      "neighbour delete",
      "neigh remove",
      "neigh del",
      "neigh delete",
    ],
    load: async () => (await import("./commands/neighbour-rm.ts")).neighbourRm,
  },
  {
    name: "bridge ls",
    also: ["bridge", "bridge list"],
    load: async () => (await import("./commands/bridge-ls.ts")).bridgeLs,
  },
  { name: "bridge set", load: async () => (await import("./commands/bridge-set.ts")).bridgeSet },
  { name: "bridge fdb add", load: async () => (await import("./commands/bridge-fdb-add.ts")).bridgeFdbAdd },
  {
    name: "bridge fdb rm",
    also: ["bridge fdb remove", "bridge fdb del", "bridge fdb delete"],
    load: async () => (await import("./commands/bridge-fdb-rm.ts")).bridgeFdbRm,
  },
  {
    name: "firewall ls",
    also: ["firewall", "firewall list"],
    load: async () => (await import("./commands/firewall-ls.ts")).firewallLs,
  },
  { name: "firewall add", load: async () => (await import("./commands/firewall-add.ts")).firewallAdd },
  {
    name: "firewall rm",
    also: ["firewall remove", "firewall del", "firewall delete"],
    load: async () => (await import("./commands/firewall-rm.ts")).firewallRm,
  },
  { name: "firewall policy", load: async () => (await import("./commands/firewall-policy.ts")).firewallPolicy },
  { name: "conntrack", load: async () => (await import("./commands/conntrack.ts")).conntrack },
  { name: "stats", load: async () => (await import("./commands/stats.ts")).stats },
  { name: "sockets", load: async () => (await import("./commands/sockets.ts")).sockets },
  { name: "subnet calc", load: async () => (await import("./commands/subnet-calc.ts")).subnetCalc },
  { name: "subnet split", load: async () => (await import("./commands/subnet-split.ts")).subnetSplit },
  { name: "subnet plan", load: async () => (await import("./commands/subnet-plan.ts")).subnetPlan },
  { name: "subnet overlap", load: async () => (await import("./commands/subnet-overlap.ts")).subnetOverlap },
  { name: "topology", load: async () => (await import("./commands/topology.ts")).topology },
  { name: "capture", load: async () => (await import("./commands/capture.ts")).capture },
  { name: "events", load: async () => (await import("./commands/events.ts")).events },
  { name: "info", load: async () => (await import("./commands/info.ts")).info },
  { name: "daemon", load: async () => (await import("./commands/daemon.ts")).daemon },
  { name: "docker-plugin", load: async () => (await import("./commands/docker-plugin.ts")).dockerPlugin },
  { name: "daemon stop", load: async () => (await import("./commands/daemon-stop.ts")).daemonStop },
  { name: "completion", load: async () => (await import("./commands/completion.ts")).completion },
  { name: "__complete", hidden: true, load: async () => (await import("./commands/complete.ts")).complete },
  { name: "version", load: async () => (await import("./commands/version.ts")).version },
];

/** What stands first in a help of groups. */
export const groupSummaries: Readonly<Record<string, string>> = {
  network: "Make, list, join and remove networks",
  sandbox: "Take in, list and remove sandboxes",
  subnet: "Calculate, split, plan and compare address prefixes",
  cni: "Serve container runtimes as CNI plugin",
  netns: "Make, list, remove and enter the network namespaces of this machine",
  link: "Make, list, change and remove links of any namespace",
  address: "Give, list and take IP addresses of any namespace",
  route: "Add, list and remove routes of any namespace, and see which of them a packet takes",
  rule: "Add, list and remove the rules that choose a routing table",
  neighbour: "Add, list and remove IP addresses' MAC addresses",
  firewall: "See every firewall of a namespace, and whose which rule is; add and remove rules",
  bridge: "See and change bridges, their ports and forwarding databases",
  "bridge fdb": "Add and remove entries of forwarding databases",
};

export type Found =
  | { readonly kind: "command"; readonly entry: CommandEntry; readonly rest: readonly string[] }
  /** Words that begin commands and are none; empty: the program itself. */
  | { readonly kind: "group"; readonly group: string; readonly rest: readonly string[] };

/**
 * Finds the command that the words begin with.
 *
 * @throws {UsageError} when there is none.
 */
export function findCommand(words: readonly string[], tree: readonly CommandEntry[] = commandTree): Found {
  const near = tree.filter((entry) => begins(entry, words[0] ?? ""));
  let group = "";
  for (const [index, word] of words.entries()) {
    if (word.startsWith("-")) return { kind: "group", group, rest: words.slice(index) };
    const path = group === "" ? word : `${group} ${word}`;
    const entry = entryOf(path, near);
    // `daemon` is a command, and the beginning of `daemon stop`.
    const goesOn = words[index + 1] !== undefined && isBeginning(`${path} ${words[index + 1]}`, near);
    if (entry !== undefined && !goesOn) return { kind: "command", entry, rest: words.slice(index + 1) };
    if (!isBeginning(path, near)) throw unknownCommand(group, word, tree);
    group = path;
  }
  return { kind: "group", group, rest: [] };
}

/** Whether commands are called so, or begin so. */
export function isBeginning(path: string, tree: readonly CommandEntry[]): boolean {
  return tree.some((entry) => begins(entry, path));
}

function begins({ name, also }: CommandEntry, path: string): boolean {
  const start = `${path} `;
  const isMeant = (each: string): boolean => each === path || each.startsWith(start);
  return isMeant(name) || also?.some(isMeant) === true;
}

function entryOf(path: string, tree: readonly CommandEntry[]): CommandEntry | undefined {
  return tree.find(({ name, also }) => name === path || also?.includes(path) === true);
}

/** The words that may follow those of a group. */
export function wordsBelow(group: string, tree: readonly CommandEntry[] = commandTree): readonly string[] {
  const start = group === "" ? "" : `${group} `;
  const below = tree
    .filter(({ name, hidden }) => hidden !== true && name.startsWith(start))
    .map(({ name }) => name.slice(start.length).split(" ")[0] ?? "");
  return Array.from(new Set(below));
}

function unknownCommand(group: string, word: string, tree: readonly CommandEntry[]): UsageError {
  const title = group === "" ? "weft" : `weft ${group}`;
  const meant = nearest(word, wordsBelow(group, tree));
  const hint = meant === undefined ? `see ${title} --help` : `did you mean ${title} ${meant}?`;
  return new UsageError(`Cannot run ${title} ${word}: there is no such command`, hint);
}
