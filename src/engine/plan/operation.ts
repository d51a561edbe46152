import { unreachable } from "../../lib/mod.ts";
import type { Announcements, Endpoint, Network, Sandbox } from "../../model/mod.ts";
import type { InterfaceAddress, IpAddress, IpFamily, LinkName, MacAddress } from "../../net/mod.ts";
import type { FirewallElement } from "../firewall/elements.ts";

/** How a bridge is to look on the host. */
export interface BridgePlan {
  readonly network: Network;
  readonly name: LinkName;
  readonly mac: MacAddress;
  /** Bytes. */
  readonly mtu: number;
  /** The gateways, where the bridge has them. */
  readonly addresses: readonly InterfaceAddress[];
  readonly ipv6: boolean;
}

/** How an endpoint's pair of links is to look. */
export interface VethPlan {
  readonly endpoint: Endpoint;
  readonly bridge: LinkName;
  /** Bytes. */
  readonly mtu: number;
  /** Exchanges no frames with the network's other endpoints: icc is off. */
  readonly isolated: boolean;
  /** Frames may leave where they came in: needed where br_netfilter turns published ports around below the routing. */
  readonly hairpin: boolean;
  readonly announcements: Announcements;
  /** Opens the sandbox's network namespace; absent: the other end waits in the host's for another engine to take it. */
  readonly netnsPath?: string;
}

/** The default route of a sandbox; without a gateway there is none. */
export interface DefaultRoutePlan {
  readonly sandbox: Sandbox;
  readonly netnsPath: string;
  readonly family: IpFamily;
  readonly via?: { readonly gateway: IpAddress; readonly link: LinkName };
}

/** One step from the observed to the desired state of the kernel: a value to print, to test and to apply. */
export type Operation =
  | { readonly kind: "create-netns"; readonly sandbox: Sandbox; readonly path: string }
  | { readonly kind: "delete-netns"; readonly sandbox: Sandbox; readonly path: string }
  /** Lets the host route: without it nothing leaves a bridge. Never taken back, others may have come to need it. */
  | { readonly kind: "enable-forwarding"; readonly family: IpFamily }
  | { readonly kind: "create-bridge"; readonly bridge: BridgePlan }
  /** Puts addresses, MTU and state of a bridge that is there to what they are to be. */
  | { readonly kind: "configure-bridge"; readonly bridge: BridgePlan }
  | { readonly kind: "create-veth"; readonly veth: VethPlan }
  /** Puts the host's end of a pair that is there back on its bridge. */
  | { readonly kind: "attach-veth"; readonly veth: VethPlan }
  /** Addresses and state of the sandbox's end; of one that was found there MAC and MTU too, which a new one has from its making. */
  | { readonly kind: "configure-endpoint"; readonly veth: VethPlan; readonly link: "new" | "found" }
  | { readonly kind: "set-default-route"; readonly route: DefaultRoutePlan; readonly before?: DefaultRoutePlan["via"] }
  | { readonly kind: "delete-links"; readonly names: readonly LinkName[] }
  | {
      readonly kind: "change-firewall";
      readonly add: readonly FirewallElement[];
      readonly remove: readonly FirewallElement[];
    }
  /** Puts the whole table in place, rules and elements. */
  | { readonly kind: "install-firewall"; readonly elements: readonly FirewallElement[] };

/** What takes an applied operation back; deletions are not taken back but planned again. */
export function inverseOperation(operation: Operation): Operation | undefined {
  switch (operation.kind) {
    case "create-netns":
      return { kind: "delete-netns", sandbox: operation.sandbox, path: operation.path };
    case "create-bridge":
      return { kind: "delete-links", names: [operation.bridge.name] };
    case "create-veth":
      return { kind: "delete-links", names: [operation.veth.endpoint.hostLink] };
    case "set-default-route": {
      const { via, ...route } = operation.route;
      return {
        kind: "set-default-route",
        route: { ...route, ...(operation.before !== undefined && { via: operation.before }) },
        ...(via !== undefined && { before: via }),
      };
    }
    case "change-firewall":
      return { kind: "change-firewall", add: operation.remove, remove: operation.add };
    case "delete-netns":
    case "enable-forwarding":
    case "configure-bridge":
    case "attach-veth":
    case "configure-endpoint":
    case "delete-links":
    case "install-firewall":
      return undefined;
    default:
      return unreachable(operation);
  }
}

/** One line for people: what `--dry-run` and the daemon's log print. */
export function formatOperation(operation: Operation): string {
  switch (operation.kind) {
    case "create-netns":
      return `create the namespace of sandbox ${operation.sandbox.name}`;
    case "delete-netns":
      return `delete the namespace of sandbox ${operation.sandbox.name}`;
    case "enable-forwarding":
      return `let the host forward ${operation.family}`;
    case "create-bridge":
      return `create bridge ${formatBridge(operation.bridge)}`;
    case "configure-bridge":
      return `configure bridge ${formatBridge(operation.bridge)}`;
    case "create-veth":
      return `create veth ${operation.veth.endpoint.hostLink} on bridge ${operation.veth.bridge}`;
    case "attach-veth":
      return `attach veth ${operation.veth.endpoint.hostLink} to bridge ${operation.veth.bridge}`;
    case "configure-endpoint": {
      const { interfaceName, addresses } = operation.veth.endpoint;
      return `configure ${interfaceName} with ${addresses.join(", ") || "no address"} behind ${operation.veth.endpoint.hostLink}`;
    }
    case "set-default-route": {
      const { sandbox, family, via } = operation.route;
      if (via === undefined) return `delete the ${family} default route of sandbox ${sandbox.name}`;
      return `route ${family} of sandbox ${sandbox.name} by default via ${via.gateway} on ${via.link}`;
    }
    case "delete-links":
      return `delete ${operation.names.length === 1 ? "link" : "links"} ${operation.names.join(", ")}`;
    case "change-firewall":
      return `change the firewall: ${[
        ...operation.add.map((element) => `add ${formatElement(element)}`),
        ...operation.remove.map((element) => `delete ${formatElement(element)}`),
      ].join(", ")}`;
    case "install-firewall":
      return `install table inet weft with ${operation.elements.length} elements`;
    default:
      return unreachable(operation);
  }
}

function formatBridge({ name, addresses, mtu, network }: BridgePlan): string {
  return `${name} with ${addresses.join(", ") || "no address"}, MTU ${mtu}, for network ${network.name}`;
}

function formatElement({ set, key, data }: FirewallElement): string {
  return `${set} { ${key.join(" . ")}${data === undefined ? "" : ` : ${data.join(" . ")}`} }`;
}
