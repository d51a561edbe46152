import { Refusal } from "../contract/plain.ts";
import { compileRule, type FirewallHook, type FirewallRule } from "../firewall-rules/mod.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import { ADMINISTRATOR, type FirewallRuleView, type FirewallTableView, viewFirewall } from "../insight/state/mod.ts";
import { NftClient, NftTransaction, type ObservedRule } from "../kernel/nftables/mod.ts";
import {
  formatRule,
  type NftChain,
  type NftHook,
  type NftRule,
  type NftTable,
  type NftTableId,
} from "../kernel/objects/nftables/mod.ts";
import { KernelError, openConnection } from "../netlink/connection/mod.ts";
import { acting } from "./acting.ts";

type Place = Pick<OpenPlace, "netns">;

/** Rules made by hand stand here, whose chains are made when the first rule comes and go with the last. */
const rulesTable: NftTable = { family: "inet", name: "weft-rules", comment: "made by weft firewall add" };

/** Where the engine has a table, its chain for the host's administrator is asked before its own rules. */
const engineTable: NftTable = { family: "inet", name: "weft" };
const ADMIN_CHAIN = "admin";

const bases: Readonly<Record<string, NftHook>> = {
  input: { type: "filter", hook: "input", priority: 0 },
  forward: { type: "filter", hook: "forward", priority: 0 },
  output: { type: "filter", hook: "output", priority: 0 },
  prerouting: { type: "nat", hook: "prerouting", priority: -100 },
  output_nat: { type: "nat", hook: "output", priority: -100 },
  postrouting: { type: "nat", hook: "postrouting", priority: 100 },
};

/** A rule, and where it stands. */
export interface PlacedRule extends Omit<FirewallRuleView, "packets" | "bytes"> {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

export interface FirewallAddition {
  readonly rule: FirewallRule;
  /** Before the chain's other rules, not behind them. */
  readonly first: boolean;
  /** Nothing is done where the chain has just such a rule. */
  readonly ifNotExists: boolean;
}

/** @returns The rules that it is now: one for each family that its addresses are of. @throws {Refusal} {RuleFieldError} */
export function addFirewallRule(place: Place, { rule, first, ifNotExists }: FirewallAddition): readonly PlacedRule[] {
  using connection = openConnection({ protocol: "netfilter", netns: place.netns });
  const client = new NftClient(connection);
  const { table, chain, isThere: isChainThere } = findChain(client, rule);
  const wanted = compileRule(chain.name, rule);
  const texts = new Set(wanted.map((each) => formatRule(table.family, each)));
  const list = (): readonly ObservedRule[] =>
    client
      .listRules(table)
      .filter((each) => each.rule.chain === chain.name && texts.has(formatRule(table.family, each.rule)));
  const placed = (rules: readonly ObservedRule[]): readonly PlacedRule[] =>
    rules.map(({ handle, rule: each }) => ({
      ...{ family: table.family, table: table.name, chain: chain.name, handle: Number(handle) },
      ...{ text: formatRule(table.family, each), owner: ADMINISTRATOR },
    }));
  const before = hasTable(client, table) ? list() : [];
  const isThere = new Set(before.map((each) => formatRule(table.family, each.rule))).size === texts.size;
  if (ifNotExists && isThere) return placed(before);
  const commit = (withChain: boolean): void => {
    const transaction = new NftTransaction(table);
    if (withChain) transaction.addTable(rulesTable).addChain(chain);
    for (const each of first ? wanted.toReversed() : wanted) transaction.addRule(each, { first });
    client.commit(transaction);
  };
  acting("add firewall rule", {}, () => {
    try {
      commit(!isChainThere);
    } catch (error) {
      // Somebody has taken it away, with its last rule.
      if (table !== rulesTable || !(error instanceof KernelError && error.errno === "ENOENT")) throw error;
      commit(true);
    }
  });
  const old = new Set(before.map(({ handle }) => handle));
  return placed(list().filter(({ handle }) => !old.has(handle)));
}

interface RulePlace {
  readonly table: NftTable;
  readonly chain: NftChain;
  /** To add again what is there would make whoever closes the socket wait for all packets on their way: 10 ms and more. */
  readonly isThere: boolean;
}

/** Where a rule stands: one of forwarding in the engine's chain for the administrator, where the engine has a table. */
function findChain(client: NftClient, { hook, action }: FirewallRule): RulePlace {
  if (hook === "forward" && hasAdminChain(client)) {
    return { table: engineTable, chain: { name: ADMIN_CHAIN }, isThere: true };
  }
  const name = hook === "output" && action.kind === "dnat" ? "output_nat" : hook;
  const there = client.findTable(rulesTable)?.chains.find((chain) => chain.name === name);
  return { table: rulesTable, chain: there ?? baseChain(name), isThere: there !== undefined };
}

function baseChain(name: string): NftChain & { readonly base: NftHook } {
  const base = bases[name];
  if (base === undefined) throw new Error(`Broken invariant: no chain ${name}`);
  return { name, base };
}

/** By the rule that leads there: to read the table whole would take as long as it has elements. */
function hasAdminChain(client: NftClient): boolean {
  return hasTable(client, engineTable) && client.listRules(engineTable).some(({ rule }) => isJump(rule, ADMIN_CHAIN));
}

function isJump({ statements }: NftRule, chain: string): boolean {
  return statements.some((each) => each.kind === "verdict" && "chain" in each.verdict && each.verdict.chain === chain);
}

function hasTable(client: NftClient, table: NftTableId): boolean {
  return client.listTables().some((each) => isSame(each, table));
}

/**
 * What becomes of packets that no rule of ours decides about.
 *
 * @throws {Refusal} `invalid` for forwarding where the engine has a table: its chain for the administrator has no policy.
 */
export function setFirewallPolicy(
  { netns }: Place,
  hook: Extract<FirewallHook, "input" | "forward" | "output">,
  policy: "accept" | "drop",
): void {
  using connection = openConnection({ protocol: "netfilter", netns });
  const client = new NftClient(connection);
  if (hook === "forward" && policy === "drop" && hasAdminChain(client)) {
    throw new Refusal(
      "invalid",
      `Cannot set policy of forward: Weft's networks are forwarded here, and rules stand in its chain ${ADMIN_CHAIN}, which has none; want rules that drop`,
    );
  }
  if (policy === "accept" && !hasTable(client, rulesTable)) return; // it is so already
  const { name, base } = baseChain(hook);
  const transaction = new NftTransaction(rulesTable).addTable(rulesTable).addChain({ name, base: { ...base, policy } });
  acting(`set policy of ${hook}`, {}, () => client.commit(transaction));
  tidy(client);
}

export interface RuleReference {
  readonly handle: number;
  /** Default: whichever has a rule of that handle. */
  readonly table?: { readonly family?: string; readonly name: string };
}

/**
 * Removes a rule by its handle.
 *
 * @param foreign Also when it is somebody else's.
 * @throws {Refusal} `not-found`; `invalid` when tables have rules of one handle; `forbidden` when it is somebody else's.
 */
export function removeFirewallRule(
  place: Place,
  reference: RuleReference,
  { foreign }: { readonly foreign: boolean },
): PlacedRule {
  const rule = findRule(place, reference, foreign);
  using connection = openConnection({ protocol: "netfilter", netns: place.netns });
  const client = new NftClient(connection);
  const table = { family: rule.family, name: rule.table } as NftTableId; // as it was read
  const gone = { ENOENT: ["not-found", "it is gone already"] } as const;
  acting(`remove rule ${reference.handle}`, gone, () =>
    client.commit(new NftTransaction(table).deleteRule(rule.chain, BigInt(reference.handle))),
  );
  if (isSame(table, rulesTable)) tidy(client);
  return rule;
}

function findRule(place: Place, { handle, table }: RuleReference, foreign: boolean): PlacedRule {
  const what = `remove rule ${handle}`;
  const all = listPlaced(place).filter(
    (rule) =>
      rule.handle === handle &&
      (table === undefined ||
        (rule.table === table.name && (table.family === undefined || rule.family === table.family))),
  );
  // Whoever does not mean other people's rules means ours.
  const own = all.filter(isOurs);
  const meant = !foreign && own.length > 0 ? own : all;
  const [rule, second] = meant;
  if (rule === undefined) {
    const where = table === undefined ? "no table has a" : `table ${table.name} has no`;
    throw new Refusal(
      "not-found",
      `Cannot ${what}: ${where} rule of that handle, want one of weft firewall ls --rules`,
    );
  }
  if (second !== undefined) {
    const tables = meant.map((each) => `${each.family}:${each.table}`).join(", ");
    throw new Refusal(
      "invalid",
      `Cannot ${what}: several tables have a rule of that handle, want --table, one of ${tables}`,
    );
  }
  if (!foreign && !isOurs(rule)) {
    const owner = rule.owner === "somebody" ? "not made by weft firewall add" : `${rule.owner}'s`;
    const where = `in chain ${rule.chain} of table ${rule.family} ${rule.table}`;
    throw new Refusal("forbidden", `Cannot ${what} ${where}: it is ${owner}, want --foreign to remove it all the same`);
  }
  return rule;
}

function isOurs({ family, table, chain }: PlacedRule): boolean {
  const id = { family, name: table };
  return isSame(id, rulesTable) || (isSame(id, engineTable) && chain === ADMIN_CHAIN);
}

function listPlaced(place: Place): readonly PlacedRule[] {
  return viewFirewall(place)
    .filter(({ backend }) => backend === "nftables")
    .flatMap(({ family, name, chains }: FirewallTableView) =>
      chains.flatMap((chain) => chain.rules.map((rule) => ({ family, table: name, chain: chain.name, ...rule }))),
    );
}

/** Chains that do nothing go, and the table with the last of them. */
function tidy(client: NftClient): void {
  const table = client.findTable(rulesTable);
  if (table === undefined) return;
  const idle = table.chains.filter(
    ({ name, base }) => base?.policy !== "drop" && !table.rules.some(({ chain }) => chain === name),
  );
  if (idle.length === 0) return;
  const transaction = new NftTransaction(rulesTable);
  for (const { name } of idle) transaction.deleteChain(name, { onlyEmpty: true });
  if (idle.length === table.chains.length) transaction.deleteTable({ onlyEmpty: true });
  try {
    client.commit(transaction);
  } catch (error) {
    // Somebody has put a rule there meanwhile, or has taken the chain away.
    if (!(error instanceof KernelError && (error.errno === "EBUSY" || error.errno === "ENOENT"))) throw error;
  }
}

function isSame(a: { readonly family: string; readonly name: string }, b: NftTableId): boolean {
  return a.family === b.family && a.name === b.name;
}
