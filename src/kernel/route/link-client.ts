import type { LinkName, MacAddress } from "../../net/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import {
  AF_BRIDGE,
  glanceAtLinkMessage,
  linkMessage,
  linkMessageFamily,
  linkSummaryMessage,
  type RouteRequest,
  RTEXT_FILTER_SKIP_STATS,
  RTM_GETLINK,
  routeRequest,
} from "../../netlink/route/mod.ts";
import { type Link, type LinkIndex, type LinkSummary, operStates, parseLinkIndex } from "../objects/mod.ts";
import {
  addAltNamesStep,
  deleteAltNamesStep,
  deleteLinkGroupStep,
  deleteLinkStep,
  fixBridgeMtuSteps,
  type LinkChanges,
  setLinkSteps,
} from "./change-link.ts";
import { hasErrno, queryOne, type RouteConnection, sendStep } from "./connection.ts";
import {
  createBridgeStep,
  createDummyStep,
  createIfbStep,
  createIpvlanStep,
  createMacvlanStep,
  createVethStep,
  createVlanStep,
  createVxlanStep,
  type NewBridge,
  type NewIpvlan,
  type NewLink,
  type NewMacvlan,
  type NewVeth,
  type NewVlan,
  type NewVxlan,
} from "./create-link.ts";
import { linkFromMessage, linkSummaryFromMessage } from "./link-from-message.ts";
import { findLinkBy, formatLinkRef, type LinkRef } from "./link-ref.ts";
import { ethernetAddress } from "./message-values.ts";
import { kernelHasKind, sendCreation } from "./missing-kind.ts";

export interface LinkFilter {
  /** Only links of this kind, such as `veth`; the kernel filters. */
  readonly kind?: string;
  /** Only ports of this bridge or other master; the kernel filters. */
  readonly master?: LinkIndex;
  readonly group?: number;
}

export interface GlancedLink {
  readonly index: LinkIndex;
  readonly operState: Link["operState"];
  readonly kind?: string;
  readonly mac?: MacAddress;
}

/** The links of one namespace. Errors are `KernelError`s: `EEXIST` a name is taken, `ENODEV` the link is gone. */
export class LinkClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  list(filter: LinkFilter = {}): readonly Link[] {
    return this.#dump(filter)
      .map((payload) => linkFromMessage(linkMessage.decode(payload)))
      .filter((link) => filter.group === undefined || filter.group === link.group);
  }

  /** As `list`, in a fifth of the time. */
  summaries(): readonly LinkSummary[] {
    return this.#dump({}).map((payload) => linkSummaryFromMessage(linkSummaryMessage.decode(payload)));
  }

  #dump(filter: LinkFilter): readonly Uint8Array[] {
    const request = routeRequest(RTM_GETLINK, 0, linkMessage, {
      header: {},
      attributes: {
        ...(filter.master !== undefined && { master: filter.master }),
        ...(filter.kind !== undefined && { linkinfo: { kind: filter.kind } }),
        extMask: RTEXT_FILTER_SKIP_STATS,
      },
    });
    return this.#connection
      .dump("list links", request)
      .map(({ payload }) => payload)
      .filter((payload) => linkMessageFamily(payload) !== AF_BRIDGE);
  }

  /** By index, or by name; an alternative name of up to 15 bytes finds it too. */
  find(link: LinkRef): Link | undefined {
    return this.#find(`find ${formatLinkRef(link)}`, getRequest(findLinkBy(link)));
  }

  /** The number of a link, for a hundredth of the cost of reading all about it. @throws {KernelError} `ENODEV` */
  indexOf(name: LinkName): LinkIndex {
    const index = this.findIndex(name);
    if (index === undefined) throw new KernelError(`find ${formatLinkRef(name)}`, "ENODEV");
    return index;
  }

  /** As `indexOf`; `undefined` when there is no such link. */
  findIndex(name: LinkName): LinkIndex | undefined {
    const index = this.#connection.linkIndex(name);
    return index === undefined ? undefined : parseLinkIndex(index);
  }

  /** What kind of link it is and how it is, for a tenth of the cost of reading all about it. */
  glance(name: LinkName): GlancedLink | undefined {
    try {
      const payload = queryOne(this.#connection, `find ${formatLinkRef(name)}`, getRequest(findLinkBy(name)));
      const { index, kind, address, operState = 0 } = glanceAtLinkMessage(payload);
      const mac = ethernetAddress(address);
      return {
        index: parseLinkIndex(index),
        operState: operStates[operState] ?? "unknown",
        ...(kind !== undefined && { kind }),
        ...(mac !== undefined && { mac }),
      };
    } catch (error) {
      if (hasErrno(error, "ENODEV")) return undefined;
      throw error;
    }
  }

  /** By any of its names; alternative ones have up to 127 bytes. */
  findByAltName(altName: string): Link | undefined {
    return this.#find(`find link ${JSON.stringify(altName)}`, getRequest({ index: 0, altIfname: altName }));
  }

  #find(operation: string, request: RouteRequest): Link | undefined {
    try {
      return linkFromMessage(linkMessage.decode(queryOne(this.#connection, operation, request)));
    } catch (error) {
      if (hasErrno(error, "ENODEV")) return undefined;
      throw error;
    }
  }

  get(link: LinkRef): Link {
    const request = getRequest(findLinkBy(link));
    return linkFromMessage(linkMessage.decode(queryOne(this.#connection, `find ${formatLinkRef(link)}`, request)));
  }

  /** Whether this kernel makes links of the kind. */
  supports(kind: string): boolean {
    return kernelHasKind(this.#connection, kind);
  }

  createVeth(veth: NewVeth): void {
    sendCreation(this.#connection, "veth", createVethStep(veth));
  }

  /** With an MTU, the bridge keeps that whatever its ports have. */
  createBridge(bridge: NewBridge): void {
    sendCreation(this.#connection, "bridge", createBridgeStep(bridge));
    if (bridge.mtu === undefined) return;
    for (const step of fixBridgeMtuSteps(bridge.name, bridge.mtu)) sendStep(this.#connection, step);
  }

  createMacvlan(macvlan: NewMacvlan): void {
    sendCreation(this.#connection, "macvlan", createMacvlanStep(macvlan));
  }

  createIpvlan(ipvlan: NewIpvlan): void {
    sendCreation(this.#connection, "ipvlan", createIpvlanStep(ipvlan));
  }

  createVlan(vlan: NewVlan): void {
    sendCreation(this.#connection, "vlan", createVlanStep(vlan));
  }

  createVxlan(vxlan: NewVxlan): void {
    sendCreation(this.#connection, "vxlan", createVxlanStep(vxlan));
  }

  createIfb(link: NewLink): void {
    sendCreation(this.#connection, "ifb", createIfbStep(link));
  }

  createDummy(link: NewLink): void {
    sendCreation(this.#connection, "dummy", createDummyStep(link));
  }

  set(link: LinkRef, changes: LinkChanges): void {
    for (const step of setLinkSteps(link, changes)) sendStep(this.#connection, step);
  }

  /** Blocks this thread for about 20 ms: call it where nothing waits. */
  delete(link: LinkRef): void {
    sendStep(this.#connection, deleteLinkStep(link));
  }

  /** All links of a group at once, for about the cost of one. */
  deleteGroup(group: number): void {
    sendStep(this.#connection, deleteLinkGroupStep(group));
  }

  addAltNames(link: LinkRef, altNames: readonly string[]): void {
    sendStep(this.#connection, addAltNamesStep(link, altNames));
  }

  deleteAltNames(link: LinkRef, altNames: readonly string[]): void {
    sendStep(this.#connection, deleteAltNamesStep(link, altNames));
  }
}

function getRequest(found: {
  readonly index: number;
  readonly ifname?: string;
  readonly altIfname?: string;
}): RouteRequest {
  const { index, ...names } = found;
  return routeRequest(RTM_GETLINK, 0, linkMessage, {
    header: { index },
    attributes: { ...names, extMask: RTEXT_FILTER_SKIP_STATS },
  });
}
