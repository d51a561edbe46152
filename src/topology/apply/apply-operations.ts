import { NftTransaction } from "../../kernel/nftables/mod.ts";
import type { NftRuleset, NftTableId } from "../../kernel/objects/nftables/mod.ts";
import {
  addAddressStep,
  addRuleStep,
  createBridgeStep,
  createMacvlanStep,
  createVethStep,
  createVxlanStep,
  deleteAddressStep,
  deleteRootQdiscStep,
  deleteRouteStep,
  deleteRuleStep,
  fixBridgeMtuSteps,
  type LinkChanges,
  type NewRoute,
  type NewRoutingRule,
  type RouteClient,
  replaceRouteStep,
  type Step,
  setLinkStep,
  setTokenBucketStep,
} from "../../kernel/route/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import type { LinkName } from "../../net/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import { writeSysctl } from "../../sys/mod.ts";
import { formatOperation, type LinkSettings, placeOf, type TopologyOperation } from "../plan/mod.ts";
import {
  formatLinkMark,
  formatLinkPlace,
  HOST,
  type LinkPlace,
  type PlaceName,
  TOPOLOGY_PROTOCOL,
  type TopologyLink,
  type TopologyName,
  type TopologyRoute,
  type TopologyRule,
  topologyGroup,
  topologyTable,
} from "../state/mod.ts";
import type { Places } from "./places.ts";

export interface TopologyKernel {
  readonly places: Places;
  readonly topology: TopologyName;
}

type NewLinkOperation = Extract<TopologyOperation, { kind: "create-link" }>;

/**
 * Performs operations in their order. Neighbours that do not wait for each other go to the kernel together.
 *
 * @throws {Error} of the first that fails: "Cannot add address …: EINVAL". Those before it, and in its batch those behind it, are done.
 */
export function applyOperations(kernel: TopologyKernel, operations: readonly TopologyOperation[]): void {
  for (const batch of batches(operations)) {
    const [first] = batch;
    if (first === undefined) continue;
    switch (first.kind) {
      case "create-link":
        createLinks(kernel, batch as readonly NewLinkOperation[]);
        break;
      case "delete-link":
        deleteLinks(
          kernel,
          batch.flatMap((each) => (each.kind === "delete-link" ? [each.at] : [])),
        );
        break;
      case "create-namespace":
      case "delete-namespace":
      case "set-sysctl":
      case "load-firewall":
      case "delete-firewall":
        for (const operation of batch) attempt(operation, () => applyAlone(kernel, operation));
        break;
      default:
        configure(kernel, placeOf(first), batch);
    }
  }
}

/** What may be done together: links that do not lie on one another, and what one place's links, routes and rules are given. */
function batches(operations: readonly TopologyOperation[]): readonly (readonly TopologyOperation[])[] {
  const found: TopologyOperation[][] = [];
  let key: string | undefined;
  for (const operation of operations) {
    const own = batchKey(operation);
    if (own !== key || own === undefined) found.push([]);
    found.at(-1)?.push(operation);
    key = own;
  }
  return found;
}

function batchKey(operation: TopologyOperation): string | undefined {
  switch (operation.kind) {
    case "create-link": {
      const { kind } = operation.link.kind;
      return kind === "macvlan" || kind === "vxlan" ? undefined : "create-link"; // it lies on a link that must be there
    }
    case "delete-link":
      return "delete-link";
    case "create-namespace":
    case "delete-namespace":
    case "set-sysctl":
    case "load-firewall":
    case "delete-firewall":
      return undefined;
    default:
      return `configure ${placeOf(operation)}`;
  }
}

function attempt(operation: TopologyOperation, body: () => void): void {
  try {
    body();
  } catch (error) {
    throw operationError(operation, error);
  }
}

/** Our words for what was tried, and the kernel's for why not. */
function operationError(operation: TopologyOperation, error: unknown): Error {
  const [what] = formatOperation(operation).split("\n");
  const message = error instanceof Error ? error.message : String(error);
  // Its own account of the action is in link numbers: what is behind it tells more.
  const why = /\b(E[A-Z0-9]{2,}(?:: .*)?)$/s.exec(message)?.[1] ?? message.replace(/^Cannot/, "cannot");
  return new Error(`Cannot ${what}: ${why}`, { cause: error });
}

function applyAlone({ places, topology }: TopologyKernel, operation: TopologyOperation): void {
  switch (operation.kind) {
    case "create-namespace":
      places.create(operation.place, topology);
      break;
    case "delete-namespace":
      places.delete(operation.place);
      break;
    case "set-sysctl":
      places.get(operation.place).inside(() => writeSysctl(operation.path, operation.value));
      break;
    case "load-firewall":
      places.get(operation.place).nftables.commit(...loadTransactions(topologyTable(topology), operation.ruleset));
      break;
    case "delete-firewall":
      places.get(operation.place).nftables.commit(new NftTransaction(topologyTable(topology)).destroyTable());
  }
}

/** The old table and the new one change places at once: packets meet the one or the other. */
function loadTransactions(table: NftTableId, { chains, rules }: NftRuleset): readonly NftTransaction[] {
  const load = new NftTransaction(table).addTable();
  for (const chain of chains) load.addChain(chain);
  for (const each of rules) load.addRule(each);
  return [new NftTransaction(table).destroyTable(), load];
}

function createLinks(kernel: TopologyKernel, operations: readonly NewLinkOperation[]): void {
  const { places, topology } = kernel;
  for (const [place, group] of Map.groupBy(operations, creator)) {
    send(
      places.get(place).route,
      group.map((operation) => ({ operation, step: createStep(kernel, operation) })),
    );
  }
  // The kernel takes no alias with a creation.
  const marks = operations.flatMap((operation) => ends(operation).map((end) => ({ ...end, operation })));
  for (const [place, group] of Map.groupBy(marks, ({ at }) => at.place)) {
    const steps = group.map(({ operation, at, link }) => {
      const changes = { alias: formatLinkMark(topology, link.kind) };
      return { operation, step: setLinkStep(at.link, changes) };
    });
    send(places.get(place).route, steps);
    if (place === HOST) for (const { at } of group) places.get(place).prepareLinks(at.link);
  }
}

/** Whose socket makes the link: a macvlan is made where its lower link is. */
function creator({ at, link }: NewLinkOperation): PlaceName {
  return link.kind.kind === "macvlan" ? link.kind.lower.place : at.place;
}

function ends({
  at,
  link,
  peer,
}: NewLinkOperation): readonly { readonly at: LinkPlace; readonly link: TopologyLink }[] {
  return [
    { at, link },
    ...(peer !== undefined && link.kind.kind === "veth" ? [{ at: link.kind.peer, link: peer }] : []),
  ];
}

/** Each end is made where it belongs, in one request. */
function createStep({ places, topology }: TopologyKernel, { at, link, peer }: NewLinkOperation): Step {
  const { kind } = link;
  const common = { ...newLink(at.link, link), group: topologyGroup(topology) };
  switch (kind.kind) {
    case "bridge":
      return createBridgeStep(common);
    case "veth": {
      const far = places.get(kind.peer.place);
      const own = peer === undefined ? { name: kind.peer.link } : newLink(kind.peer.link, peer);
      const place = { index: far.freeIndex("second"), netnsFd: far.netns.fd };
      const index = places.get(at.place).freeIndex("first");
      return createVethStep({ ...common, index, peer: { ...own, ...place, group: topologyGroup(topology) } });
    }
    case "macvlan": {
      const lower = places.get(kind.lower.place).route.links.indexOf(kind.lower.link);
      const netns = kind.lower.place === at.place ? {} : { netnsFd: places.get(at.place).netns.fd };
      return createMacvlanStep({ ...common, lower, mode: kind.mode, ...netns });
    }
    case "vxlan": {
      const { vni, port, local, remote: group } = kind;
      const lower = kind.lower === undefined ? undefined : places.get(at.place).route.links.indexOf(kind.lower);
      const options = {
        ...{ vni, port },
        ...(local !== undefined && { local }),
        ...(group !== undefined && { group }),
        ...(lower !== undefined && { lower }),
      };
      return createVxlanStep({ ...common, options });
    }
    case "loopback":
    case "other":
      throw new Error(`Broken invariant: ${formatLinkPlace(at)} is no link to make`);
    default:
      return unreachable(kind);
  }
}

function newLink(name: LinkName, { mtu, mac }: TopologyLink) {
  return { name, ...(mtu !== undefined && { mtu }), ...(mac !== undefined && { mac }) };
}

/** Of a place all at once, as a group of their own: each deletion by itself would take 20 ms. */
function deleteLinks({ places, topology }: TopologyKernel, links: readonly LinkPlace[]): void {
  const doomed = topologyGroup(topology) ^ 1;
  for (const [place, group] of Map.groupBy(links, (link) => link.place)) {
    const { route } = places.get(place);
    const operations = group.map((at): TopologyOperation => ({ kind: "delete-link", at }));
    send(
      route,
      operations.flatMap((operation) =>
        operation.kind === "delete-link"
          ? [{ operation, step: setLinkStep(operation.at.link, { group: doomed }) }]
          : [],
      ),
    );
    const [first] = operations;
    if (first !== undefined) attempt(first, () => deleteGroup(route, doomed));
  }
}

/** Of those that were there a moment ago, all may have gone with their other ends. */
function deleteGroup(route: RouteClient, group: number): void {
  try {
    route.links.deleteGroup(group);
  } catch (error) {
    if (!(error instanceof KernelError && error.errno === "ENODEV")) throw error;
  }
}

interface SentStep {
  readonly operation: TopologyOperation;
  readonly step: Step;
}

function send(route: RouteClient, steps: readonly SentStep[]): void {
  const errors = route.attempt(steps.map(({ step }) => step));
  const failed = errors.findIndex((error, index) => error !== undefined && !isGone(steps[index]?.operation, error));
  const operation = steps[failed]?.operation;
  if (operation !== undefined) throw operationError(operation, errors[failed]);
}

/** What was to be deleted has gone with something before it, as a route does with its source address. */
function isGone(operation: TopologyOperation | undefined, { errno }: KernelError): boolean {
  switch (operation?.kind) {
    case "delete-address":
      return errno === "EADDRNOTAVAIL";
    case "delete-route":
      return errno === "ESRCH";
    case "delete-rule":
      return errno === "ENOENT";
    case "delete-link": // with its other end, whose namespace was being taken down
      return errno === "ENODEV";
    default:
      return false;
  }
}

function configure({ places }: TopologyKernel, place: PlaceName, operations: readonly TopologyOperation[]): void {
  const { route } = places.get(place);
  const steps = operations.flatMap((operation) => {
    let own: readonly Step[] = [];
    attempt(operation, () => {
      own = configureSteps(route, operation);
    });
    return own.map((step) => ({ operation, step }));
  });
  send(route, steps);
}

function configureSteps(route: RouteClient, operation: TopologyOperation): readonly Step[] {
  const indexOf = (link: LinkName) => route.links.indexOf(link);
  switch (operation.kind) {
    case "set-link":
      return settingSteps(route, operation.at.link, operation.settings);
    case "add-address":
      // Whoever has an address twice on one segment was told so; nobody waits a second for each to be found alone.
      return [addAddressStep({ link: indexOf(operation.at.link), address: operation.address, noDad: true })];
    case "delete-address":
      return [deleteAddressStep(indexOf(operation.at.link), operation.address)];
    case "set-limit":
      return [setTokenBucketStep(indexOf(operation.at.link), operation.limit)];
    case "delete-limit":
      return [deleteRootQdiscStep(indexOf(operation.at.link))];
    case "set-route":
      return [replaceRouteStep(newRoute(route, operation.route))];
    case "delete-route":
      return [deleteRouteStep(newRoute(route, operation.route))];
    case "add-rule":
      return [addRuleStep(newRule(operation.rule))];
    case "delete-rule":
      return [deleteRuleStep(newRule(operation.rule))];
    default:
      throw new Error(`Broken invariant: ${operation.kind} does not configure`);
  }
}

function settingSteps(route: RouteClient, link: LinkName, { bridge, up, mtu, mac }: LinkSettings): readonly Step[] {
  const isBridge = mtu !== undefined && route.links.get(link).detail.kind === "bridge";
  const changes: LinkChanges = {
    ...(bridge !== undefined && { master: bridge === "none" ? "none" : route.links.indexOf(bridge) }),
    ...(up !== undefined && { up }),
    ...(mtu !== undefined && !isBridge && { mtu }),
    ...(mac !== undefined && { mac }),
  };
  return [...(isBridge ? fixBridgeMtuSteps(link, mtu) : []), setLinkStep(link, changes)];
}

function newRoute(route: RouteClient, { link, via, onlink, metric, source, ...rest }: TopologyRoute): NewRoute {
  const hop =
    link === undefined
      ? undefined
      : { link: route.links.indexOf(link), ...(via !== undefined && { gateway: via }), onlink };
  return {
    ...rest,
    protocol: TOPOLOGY_PROTOCOL,
    priority: metric,
    ...(hop !== undefined && { nextHops: [hop] }),
    ...(source !== undefined && { preferredSource: source }),
  };
}

function newRule(rule: TopologyRule): NewRoutingRule {
  return { ...rule, protocol: TOPOLOGY_PROTOCOL };
}
