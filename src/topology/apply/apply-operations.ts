import { NftTransaction } from "../../kernel/nftables/mod.ts";
import type { LinkIndex } from "../../kernel/objects/mod.ts";
import type { NftRuleset, NftTableId } from "../../kernel/objects/nftables/mod.ts";
import {
  AddressProtocol,
  addAddressStep,
  addRuleStep,
  createBridgeStep,
  createDummyStep,
  createIpvlanStep,
  createMacvlanStep,
  createVethStep,
  createVlanStep,
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
import { type LinkName, linkLocalOf, localMacAddress, type MacAddress } from "../../net/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import { writeSysctl } from "../../sys/mod.ts";
import { formatOperation, type KernelOperation, type LinkSettings, placeOf } from "../plan/mod.ts";
import {
  carrierOf,
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
import type { OpenPlace, Places } from "./places.ts";

export interface TopologyKernel {
  readonly places: Places;
  readonly topology: TopologyName;
}

/** The same during one run of operations. */
interface Applying extends TopologyKernel {
  /** Of the topology's links, from when they are made. */
  readonly group: number;
  /** What new links of a place are still to be given, which goes with whatever the place is given next. */
  readonly waiting: Map<PlaceName, SentStep[]>;
  /** Of links that are made here, by `formatLinkPlace`: known, so that their link-local addresses are. */
  readonly macs: Map<string, MacAddress>;
}

type NewLinkOperation = Extract<KernelOperation, { kind: "create-link" }>;

/**
 * Performs operations in their order. Neighbours that do not wait for each other go to the kernel together.
 *
 * @throws {Error} of the first that fails: "Cannot add address …: EINVAL". Those before it, and in its batch those behind it, are done.
 */
export function applyOperations(given: TopologyKernel, operations: readonly KernelOperation[]): void {
  const group = topologyGroup(given.topology);
  const kernel: Applying = { ...given, group, waiting: new Map(), macs: new Map() };
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
      case "set-sysctl":
        kernel.places.get(first.place).inside(() => {
          for (const operation of batch) attempt(operation, () => applyAlone(kernel, operation));
        });
        break;
      case "create-namespace":
      case "delete-namespace":
      case "load-firewall":
      case "delete-firewall":
        for (const operation of batch) attempt(operation, () => applyAlone(kernel, operation));
        break;
      default:
        configure(kernel, placeOf(first), batch);
    }
  }
  for (const place of [...kernel.waiting.keys()]) configure(kernel, place, []);
}

/** What may be done together: links that do not lie on one another, and what one place's links, routes and rules are given. */
function batches(operations: readonly KernelOperation[]): readonly (readonly KernelOperation[])[] {
  const found: KernelOperation[][] = [];
  let key: string | undefined;
  for (const operation of operations) {
    const own = batchKey(operation);
    if (own !== key || own === undefined) found.push([]);
    found.at(-1)?.push(operation);
    key = own;
  }
  return found;
}

function batchKey(operation: KernelOperation): string | undefined {
  switch (operation.kind) {
    case "create-link": {
      const { kind } = operation.link.kind;
      return carrierOf(operation.link.kind, operation.at.place) === undefined && kind !== "vxlan"
        ? "create-link"
        : undefined; // it lies on a link that must be there
    }
    case "delete-link":
      return "delete-link";
    case "set-sysctl":
      return `sysctl ${operation.place}`;
    case "create-namespace":
    case "delete-namespace":
    case "load-firewall":
    case "delete-firewall":
      return undefined;
    default:
      return `configure ${placeOf(operation)}`;
  }
}

function attempt(operation: KernelOperation, body: () => void): void {
  try {
    body();
  } catch (error) {
    throw operationError(operation, error);
  }
}

/** Our words for what was tried, and the kernel's for why not. */
function operationError(operation: KernelOperation, error: unknown): Error {
  const [what] = formatOperation(operation).split("\n");
  const message = error instanceof Error ? error.message : String(error);
  // Its own account of the action is in link numbers: what is behind it tells more.
  const why = /\b(E[A-Z0-9]{2,}(?:: .*)?)$/s.exec(message)?.[1] ?? message.replace(/^Cannot/, "cannot");
  return new Error(`Cannot ${what}: ${why}`, { cause: error });
}

function applyAlone({ places, topology }: Applying, operation: KernelOperation): void {
  switch (operation.kind) {
    case "create-namespace":
      places.create(operation.place, topology);
      break;
    case "delete-namespace":
      places.delete(operation.place);
      break;
    case "set-sysctl":
      writeSysctl(operation.path, operation.value);
      break;
    case "load-firewall":
      if (operation.place !== HOST) places.get(operation.place).note(topology, "firewall");
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

function createLinks(kernel: Applying, operations: readonly NewLinkOperation[]): void {
  const { places } = kernel;
  for (const [place, group] of Map.groupBy(operations, creator)) {
    send(
      places.get(place).route,
      group.map((operation) => ({ operation, step: createStep(kernel, operation) })),
    );
  }
  for (const operation of operations) for (const end of ends(operation)) prepareLink(kernel, operation, end);
}

/** What the kernel takes no alias with a creation for: the mark. Until then the link is known by its group. */
function prepareLink(kernel: Applying, operation: NewLinkOperation, { at, link }: LinkEnd): void {
  const open = kernel.places.get(at.place);
  const mac = kernel.macs.get(formatLinkPlace(at));
  const index = open.indexOf(at.link);
  const waiting = kernel.waiting.get(at.place) ?? [];
  kernel.waiting.set(at.place, waiting);
  const changes = { alias: formatLinkMark(kernel.topology, link.kind), promoteSecondaries: true };
  waiting.push({ operation, step: setLinkStep(index, changes) });
  if (mac === undefined) open.skipDuplicateDetection(at.link);
  else waiting.push({ operation, step: linkLocalStep(index, mac), optional: true });
}

/** While a router looked for duplicates of its link-local address it would be deaf for a second: so we give it before the kernel does. */
function linkLocalStep(link: LinkIndex, mac: MacAddress): Step {
  const own = { link, address: linkLocalOf(mac), scope: "link", noDad: true } as const;
  return addAddressStep({ ...own, protocol: AddressProtocol.kernelLinkLocal });
}

/** Whose socket makes the link: one that lies on another is made where that is. */
function creator({ at, link }: NewLinkOperation): PlaceName {
  return carrierOf(link.kind, at.place)?.place ?? at.place;
}

interface LinkEnd {
  readonly at: LinkPlace;
  readonly link: TopologyLink;
}

function ends({ at, link, peer }: NewLinkOperation): readonly LinkEnd[] {
  return [
    { at, link },
    ...(peer !== undefined && link.kind.kind === "veth" ? [{ at: link.kind.peer, link: peer }] : []),
  ];
}

/** Each end is made where it belongs, in one request. */
function createStep(kernel: Applying, { at, link, peer }: NewLinkOperation): Step {
  const { places, group } = kernel;
  const { kind } = link;
  const common = { ...newLink(at.link, link), group };
  switch (kind.kind) {
    case "bridge":
      return createBridgeStep({ ...common, mac: chooseMac(kernel, at, link) });
    case "veth": {
      const [near, far] = [places.get(at.place), places.get(kind.peer.place)];
      const [index, peerIndex] = [near.freeIndex("first"), far.freeIndex("second")];
      near.learn(at.link, index);
      far.learn(kind.peer.link, peerIndex);
      return createVethStep({
        ...common,
        index,
        mac: chooseMac(kernel, at, link),
        peer: {
          ...(peer === undefined ? { name: kind.peer.link } : newLink(kind.peer.link, peer)),
          mac: chooseMac(kernel, kind.peer, peer),
          index: peerIndex,
          netnsFd: far.netns.fd,
          group,
        },
      });
    }
    case "dummy":
      return createDummyStep({ ...common, mac: chooseMac(kernel, at, link) });
    case "macvlan":
      return createMacvlanStep({ ...common, ...carried(kernel, kind.lower, at.place), mode: kind.mode });
    case "ipvlan":
      return createIpvlanStep({ ...common, ...carried(kernel, kind.lower, at.place), mode: kind.mode });
    case "vlan":
      return createVlanStep({ ...common, ...carried(kernel, kind.lower, at.place), id: kind.id });
    case "vxlan": {
      const { vni, port, local, remote } = kind;
      const lower = kind.lower === undefined ? undefined : places.get(at.place).indexOf(kind.lower);
      const options = {
        ...{ vni, port },
        ...(local !== undefined && { local }),
        ...(remote !== undefined && { group: remote }),
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

/** Made where its lower link is, for where it belongs. */
function carried({ places }: Applying, lower: LinkPlace, place: PlaceName) {
  return {
    lower: places.get(lower.place).indexOf(lower.link),
    ...(lower.place !== place && { netnsFd: places.get(place).netns.fd }),
  };
}

/** One that the file does not say is chosen as the kernel would choose it; but known. */
function chooseMac({ macs }: Applying, at: LinkPlace, link: TopologyLink | undefined): MacAddress {
  const mac = link?.mac ?? localMacAddress(crypto.getRandomValues(new Uint8Array(6)));
  macs.set(formatLinkPlace(at), mac);
  return mac;
}

function newLink(name: LinkName, { mtu, mac }: TopologyLink) {
  return { name, ...(mtu !== undefined && { mtu }), ...(mac !== undefined && { mac }) };
}

/** Of a place all at once, as a group of their own: each deletion by itself would take 20 ms. */
function deleteLinks({ places, group: own }: Applying, links: readonly LinkPlace[]): void {
  const doomed = own ^ 1;
  for (const [place, group] of Map.groupBy(links, (link) => link.place)) {
    const open = places.get(place);
    const { route } = open;
    open.forgetLinks();
    const operations = group.map((at): KernelOperation => ({ kind: "delete-link", at }));
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
  readonly operation: KernelOperation;
  readonly step: Step;
  /** Whatever the kernel says of it: a namespace may be without IPv6. */
  readonly optional?: boolean;
}

function send(route: RouteClient, steps: readonly SentStep[]): void {
  const errors = route.attempt(steps.map(({ step }) => step));
  const failed = errors.findIndex((error, index) => error !== undefined && !isHarmless(steps[index], error));
  const operation = steps[failed]?.operation;
  if (operation !== undefined) throw operationError(operation, errors[failed]);
}

function isHarmless(sent: SentStep | undefined, error: KernelError): boolean {
  return sent?.optional === true || isGone(sent?.operation, error);
}

/** What was to be deleted has gone with something before it, as a route does with its source address. */
function isGone(operation: KernelOperation | undefined, { errno }: KernelError): boolean {
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

function configure(kernel: Applying, place: PlaceName, operations: readonly KernelOperation[]): void {
  const open = kernel.places.get(place);
  const steps = [...(kernel.waiting.get(place) ?? [])];
  kernel.waiting.delete(place);
  if (place !== HOST && operations.some(({ kind }) => kind === "add-rule")) open.note(kernel.topology, "rules");
  for (const operation of operations) {
    attempt(operation, () => {
      if (operation.kind === "set-link" && operation.settings.up === true) {
        for (const step of risingSteps(kernel, operation.at)) steps.push({ operation, step, optional: true });
      }
      for (const step of configureSteps(open, operation)) steps.push({ operation, step });
    });
  }
  send(open.route, steps);
}

/** A link that was down has lost its link-local address; one that is made here is given it with its mark. */
function risingSteps({ places, macs }: Applying, at: LinkPlace): readonly Step[] {
  if (macs.has(formatLinkPlace(at))) return [];
  const { index, mac, loopback } = places.get(at.place).route.links.get(at.link);
  return mac === undefined || loopback ? [] : [linkLocalStep(index, mac)];
}

function configureSteps(open: OpenPlace, operation: KernelOperation): readonly Step[] {
  switch (operation.kind) {
    case "set-link":
      return settingSteps(open, operation.at.link, operation.settings);
    case "add-address":
      // Whoever has an address twice on one segment was told so; nobody waits a second for each to be found alone.
      return [addAddressStep({ link: open.indexOf(operation.at.link), address: operation.address, noDad: true })];
    case "delete-address":
      return [deleteAddressStep(open.indexOf(operation.at.link), operation.address)];
    case "set-limit":
      return [setTokenBucketStep(open.indexOf(operation.at.link), operation.limit)];
    case "delete-limit":
      return [deleteRootQdiscStep(open.indexOf(operation.at.link))];
    case "set-route":
      return [replaceRouteStep(newRoute(open, operation.route))];
    case "delete-route":
      return [deleteRouteStep(newRoute(open, operation.route))];
    case "add-rule":
      return [addRuleStep(newRule(operation.rule))];
    case "delete-rule":
      return [deleteRuleStep(newRule(operation.rule))];
    default:
      throw new Error(`Broken invariant: ${operation.kind} does not configure`);
  }
}

function settingSteps(open: OpenPlace, name: LinkName, { bridge, up, mtu, mac }: LinkSettings): readonly Step[] {
  const link = open.indexOf(name);
  const isBridge = mtu !== undefined && open.route.links.get(link).detail.kind === "bridge";
  const changes: LinkChanges = {
    ...(bridge !== undefined && { master: bridge === "none" ? "none" : open.indexOf(bridge) }),
    ...(up !== undefined && { up }),
    ...(mtu !== undefined && !isBridge && { mtu }),
    ...(mac !== undefined && { mac }),
  };
  return [...(isBridge ? fixBridgeMtuSteps(link, mtu) : []), setLinkStep(link, changes)];
}

function newRoute(open: OpenPlace, { link, via, onlink, hops, metric, source, ...rest }: TopologyRoute): NewRoute {
  const hop =
    link === undefined ? undefined : { link: open.indexOf(link), ...(via !== undefined && { gateway: via }), onlink };
  return {
    ...rest,
    protocol: TOPOLOGY_PROTOCOL,
    priority: metric,
    ...(hop !== undefined && { nextHops: [hop] }),
    ...(hops !== undefined && {
      nextHops: hops.map((each) => ({
        ...{ link: open.indexOf(each.link), onlink: each.onlink, weight: each.weight },
        ...(each.via !== undefined && { gateway: each.via }),
      })),
    }),
    ...(source !== undefined && { preferredSource: source }),
  };
}

function newRule(rule: TopologyRule): NewRoutingRule {
  return { ...rule, protocol: TOPOLOGY_PROTOCOL };
}
