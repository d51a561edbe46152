import { type NetworkRequest, Refusal } from "../contract/mod.ts";
import {
  BRIDGE_OPTIONS,
  type BridgeSettings,
  MACVLAN_OPTIONS,
  type Network,
  type NetworkDriver,
  type NetworkId,
  type ParentLink,
  PredefinedNetwork,
  parseBridgeOptions,
  parseIpvlanOptions,
  parseMacvlanOptions,
  type Subnet,
} from "../model/mod.ts";
import { type IpAddress, type IpFamily, type LinkName, prefixFamily } from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import { chooseParent, type ParentQuestion } from "./drivers/choose-parent.ts";
import { findDefaultLink } from "./host-survey.ts";
import { AddressPool } from "./ipam/mod.ts";
import { useBridge } from "./use-bridge.ts";

/** Which driver a network in the making has, and what that means for its subnets. */
export interface ChosenDriver {
  readonly driver: NetworkDriver;
  /** Families in which no gateway is chosen where none is given. */
  readonly withoutGateway: readonly IpFamily[];
  /** Instead of those asked for: what is there already says more of them. */
  readonly subnets?: NetworkRequest["subnets"];
  /** Families of which no subnet is chosen where none is given: another gives out the addresses. */
  readonly withoutPrefix?: readonly IpFamily[];
}

const FAMILIES: readonly IpFamily[] = ["ipv4", "ipv6"];

/** @throws {Refusal | DriverError | SyntaxError} */
export function chooseDriver(context: EngineContext, request: NetworkRequest, id: NetworkId): ChosenDriver {
  if (request.ipamDriver === "dhcp" && request.driver !== "macvlan") {
    throw new Refusal(
      "invalid",
      `Cannot create network ${request.name} with addresses by DHCP: a server knows sandboxes by MAC addresses of their own, want driver macvlan`,
    );
  }
  switch (request.driver) {
    case "bridge": {
      const settings = parseBridgeOptions(request.options, id);
      requireModes(request, settings);
      refuseTakenBridge(context, request, settings);
      // One of our own choosing is of random digits: the kernel is asked where somebody chose the name.
      const isNamed = request.options[BRIDGE_OPTIONS.name] !== undefined;
      const found = isNamed ? context.kernel.route.links.find(settings.bridge) : undefined;
      const withoutGateway = familiesWithoutGateway(request, settings);
      if (found === undefined) return { driver: { kind: "bridge", settings }, withoutGateway };
      const used = useBridge(context, request, settings, found);
      return { ...used, withoutGateway: [...used.withoutGateway, ...withoutGateway] };
    }
    case "macvlan": {
      const { hostLink, ...wishes } = parseMacvlanOptions(request.options);
      const parent = chooseParent(parentQuestion(context, request, { id, ...wishes }));
      if (hostLink !== undefined) requireFreeName(context, request, hostLink);
      const link = hostLink === undefined ? {} : { hostLink: { name: hostLink, addresses: [] } };
      const { ipamDriver = "default" } = request;
      if (ipamDriver === "dhcp") requireDhcp(request, parent);
      return {
        driver: { kind: "macvlan", settings: { ...wishes, parent, ipamDriver, ...link } },
        withoutGateway: FAMILIES,
        ...(ipamDriver === "dhcp" && { withoutPrefix: ["ipv4"] }),
      };
    }
    case "ipvlan": {
      const wishes = parseIpvlanOptions(request.options);
      const parent = chooseParent(parentQuestion(context, request, { id, ...wishes }));
      return { driver: { kind: "ipvlan", settings: { ...wishes, parent } }, withoutGateway: FAMILIES };
    }
    case "overlay":
      throw new Refusal(
        "unsupported",
        `Cannot create network ${request.name}: driver overlay comes with a later version of Weft, want bridge, macvlan or ipvlan`,
      );
    case "host":
    case "none":
      throw new Refusal(
        "forbidden",
        `Cannot create network ${request.name}: only one network of driver ${request.driver} is allowed, and it is there; want driver bridge`,
      );
  }
}

function requireDhcp({ name, ipv4, ipv6, subnets }: NetworkRequest, parent: ParentLink): void {
  const refuse = (why: string): Refusal =>
    new Refusal("invalid", `Cannot create network ${name} with addresses by DHCP: ${why}`);
  if (parent.kind === "isolated") throw refuse("no server is on a link that leads nowhere, want option parent=LINK");
  if (!ipv4) throw refuse("IPv4 is off, and DHCPv6 is not served; want IPv4 on, or IPv6 addresses by --subnet alone");
  const families = subnets.map(({ prefix }) => prefix && prefixFamily(prefix));
  if (families.some((family) => family !== "ipv6")) {
    throw refuse("the server knows the IPv4 subnet, want no --subnet but one of IPv6");
  }
  if (ipv6 === true && families.length === 0) {
    throw refuse("DHCPv6 and router advertisements are not served, want the IPv6 --subnet, or no --ipv6");
  }
}

/** What the host's own link is called among a subnet's auxiliary addresses: as the option that asks for it. */
const HOST_LINK_PURPOSE = MACVLAN_OPTIONS.hostLink;

/** Gives the host's own link its addresses: those named so among the auxiliary ones, or the first that are free. */
export function addressHostLink(network: Network): Network {
  const { driver } = network;
  if (driver.kind !== "macvlan" || driver.settings.hostLink === undefined) return network;
  const { hostLink } = driver.settings;
  const subnets = network.subnets.map((subnet): Subnet => {
    const address = subnet.auxiliary[HOST_LINK_PURPOSE] ?? new AddressPool(subnet).allocate();
    return { ...subnet, auxiliary: { ...subnet.auxiliary, [HOST_LINK_PURPOSE]: address } };
  });
  const addresses = subnets.flatMap<IpAddress>(({ auxiliary }) => auxiliary[HOST_LINK_PURPOSE] ?? []);
  const settings = { ...driver.settings, hostLink: { ...hostLink, addresses } };
  return { ...network, subnets, driver: { kind: "macvlan", settings } };
}

function parentQuestion(
  { kernel: { route }, state }: EngineContext,
  { name, driver, internal }: NetworkRequest,
  wishes: Pick<ParentQuestion, "id" | "mode" | "parent" | "mtu">,
): ParentQuestion {
  return {
    ...wishes,
    action: `Cannot create network ${name}`,
    driver: driver === "ipvlan" ? "ipvlan" : "macvlan",
    internal,
    links: route.links.list(),
    defaultLink: wishes.parent === undefined ? findDefaultLink(route)?.name : undefined,
    supports: (kind) => route.links.supports(kind),
    networks: Array.from(state.networks),
  };
}

function requireFreeName({ kernel, state }: EngineContext, { name }: NetworkRequest, link: LinkName): void {
  if (state.ownerOfLink(link) === undefined && kernel.route.links.findIndex(link) === undefined) return;
  throw new Refusal(
    "conflict",
    `Cannot create network ${name}: the host has a link ${link} already, want another name`,
  );
}

/** What makes sense only together. */
function requireModes({ name, internal, options }: NetworkRequest, { gatewayModes }: BridgeSettings): void {
  for (const [family, mode] of Object.entries(gatewayModes)) {
    if (mode !== "isolated" || internal) continue;
    const option = family === "ipv4" ? BRIDGE_OPTIONS.gatewayModeIpv4 : BRIDGE_OPTIONS.gatewayModeIpv6;
    throw new Refusal(
      "invalid",
      `Cannot create network ${name} with ${option}=isolated: nobody would lead its packets out, want it internal, or another mode`,
    );
  }
  if (/^(1|t|true)$/i.test(options[BRIDGE_OPTIONS.isDefault] ?? "") && name !== PredefinedNetwork.bridge) {
    throw new Refusal(
      "invalid",
      `Cannot create network ${name} with ${BRIDGE_OPTIONS.isDefault}=true: the default network is the one called ${PredefinedNetwork.bridge}, want that name, or false`,
    );
  }
}

/** Nobody would have the address: the bridge of an isolated network has none, and a router beside it that leads nowhere is no use. */
function familiesWithoutGateway(
  { internal }: NetworkRequest,
  { gatewayModes, inhibitIpv4 }: BridgeSettings,
): readonly IpFamily[] {
  return (["ipv4", "ipv6"] as const).filter(
    (family) => gatewayModes[family] === "isolated" || (family === "ipv4" && inhibitIpv4 && internal),
  );
}

function refuseTakenBridge(context: EngineContext, request: NetworkRequest, settings: BridgeSettings): void {
  for (const other of context.state.networks) {
    if (other.driver.kind === "bridge" && other.driver.settings.bridge === settings.bridge) {
      throw new Refusal(
        "conflict",
        `Cannot create network ${request.name}: bridge ${settings.bridge} is network ${other.name}'s, want another name`,
      );
    }
  }
}
