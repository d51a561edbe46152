import type { LinkIndex } from "../../kernel/objects/mod.ts";
import {
  AddressClient,
  addAddressStep,
  createBridgeStep,
  deleteAddressStep,
  fixBridgeMtuSteps,
  setLinkStep,
} from "../../kernel/route/mod.ts";
import {
  type InterfaceAddress,
  type LinkName,
  localMacAddress,
  type MacAddress,
  makePrefix,
  prefixAddress,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import { writeSysctl } from "../../sys/mod.ts";
import { AttachmentError } from "../attachment-error.ts";
import type { NetworkKernel } from "./host-network.ts";

export interface BridgeWish {
  readonly name: LinkName;
  readonly mtu?: number;
  readonly promiscuous: boolean;
}

export interface FoundBridge {
  readonly index: LinkIndex;
  readonly mac: MacAddress;
}

/**
 * Finds the bridge, or makes it. Its MAC address is its own from the start: otherwise it would change with its ports.
 *
 * @throws {AttachmentError} when a link of that name is no bridge.
 */
export function ensureBridge(host: NetworkKernel, wish: BridgeWish): FoundBridge {
  const found = findBridge(host, wish.name) ?? createBridge(host, wish);
  host.apply([setLinkStep(found.index, { up: true, ...(wish.promiscuous && { promiscuous: true }) })]);
  return found;
}

/** @throws {AttachmentError} when a link of that name is no bridge. */
export function findBridge(host: NetworkKernel, name: LinkName): FoundBridge | undefined {
  const link = host.links.glance(name);
  if (link === undefined) return undefined;
  if (link.kind !== "bridge" || link.mac === undefined) {
    throw new AttachmentError("invalid", `${name} is no bridge, want one or a free name`);
  }
  return { index: link.index, mac: link.mac };
}

function createBridge(host: NetworkKernel, { name, mtu }: BridgeWish): FoundBridge {
  const mac = localMacAddress(crypto.getRandomValues(new Uint8Array(6)));
  try {
    host.apply([createBridgeStep({ name, mac, ...(mtu !== undefined && { mtu }) })]);
  } catch (error) {
    // Somebody else, such as another CNI plugin, was faster.
    const found = error instanceof KernelError && error.errno === "EEXIST" ? findBridge(host, name) : undefined;
    if (found === undefined) throw error;
    return found;
  }
  const index = host.findIndex(name);
  if (index === undefined) throw new Error(`Cannot make bridge ${name}: somebody deletes it`);
  trySysctl(`net/ipv6/conf/${name}/accept_ra`, "0");
  trySysctl(`net/ipv6/conf/${name}/accept_dad`, "0");
  if (mtu !== undefined) host.apply(fixBridgeMtuSteps(name, mtu));
  return { index, mac };
}

/**
 * Gives the bridge a gateway's address.
 *
 * @throws {AttachmentError} when it has another IPv4 address, or an IPv6 one whose prefix overlaps, unless `force` has that removed.
 */
export function ensureGateway(
  host: NetworkKernel,
  bridge: { readonly name: LinkName; readonly index: LinkIndex },
  gateway: InterfaceAddress,
  { force }: { readonly force: boolean },
): void {
  const family = prefixFamily(gateway);
  const add = addAddressStep({ link: bridge.index, address: gateway, noDad: family === "ipv6" });
  const [refused] = host.attempt([add]);
  if (refused?.errno === "EEXIST") return;
  if (refused !== undefined) throw refused;
  const own = makePrefix(prefixAddress(gateway), prefixLength(gateway));
  const others = new AddressClient(host.route)
    .list({ link: bridge.index, family })
    .filter(({ address, scope }) => address !== gateway && scope === "global")
    .filter(
      ({ address }) =>
        family === "ipv4" || prefixesOverlap(makePrefix(prefixAddress(address), prefixLength(address)), own),
    );
  const [other] = others;
  if (other === undefined) return;
  if (force) {
    host.apply(others.map(({ address }) => deleteAddressStep(bridge.index, address)));
    return;
  }
  host.attempt([deleteAddressStep(bridge.index, gateway)]);
  throw new AttachmentError(
    "invalid",
    `cannot give ${bridge.name} the gateway's address ${gateway}: it has ${other.address}, want that gateway or forceAddress`,
  );
}

/** A kernel without IPv6 has none of its switches. */
export function trySysctl(path: string, value: string): void {
  try {
    writeSysctl(path, value);
  } catch (error) {
    if (!(error instanceof Error && "errno" in error && error.errno === "ENOENT")) throw error;
  }
}
