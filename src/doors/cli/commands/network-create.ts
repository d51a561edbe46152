import { BRIDGE_OPTIONS, parseObjectName } from "../../../model/mod.ts";
import { parseIpAddress, parseIpPrefix } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { groupSubnets } from "../values/subnets.ts";

/** A flag that may only say what is so anyway. */
const only =
  (word: string, why: string) =>
  (text: string): string => {
    if (text !== word) throw new SyntaxError(`${why}, want ${word}`);
    return text;
  };

const DRIVERS = ["bridge", "macvlan", "ipvlan", "host", "none"] as const;

function parseDriver(text: string): (typeof DRIVERS)[number] {
  const found = DRIVERS.find((driver) => driver === text);
  if (found !== undefined) return found;
  const later = text === "overlay" ? "it comes with a later version of Weft, " : "";
  throw new SyntaxError(`${later}want ${DRIVERS.join(", ")}`);
}

export const networkCreate = defineCommand({
  name: "network create",
  summary: "Create a network, and print its id",
  details: `Without --subnet, a free prefix is chosen that no route, address or name server of this host uses. Options (--opt) of a bridge network are Docker's: ${Object.values(BRIDGE_OPTIONS).join(", ")}. A bridge that is there already is used as it is. On a macvlan network sandboxes are neighbours on the LAN of a link of this host: option parent=LINK (default: the link with the default route; with --internal one that leads nowhere), macvlan_mode=bridge, private, vepa or passthru, and weft.host_link=NAME for a link by which this host talks to them, which the kernel does not let it by the parent.`,
  options: {
    driver: option.value(DRIVERS.join("|"), "Driver of the network (default: bridge)", parseDriver, {
      short: "d",
      complete: DRIVERS,
    }),
    subnet: option.list("PREFIX", "A subnet, IPv4 or IPv6, such as 10.1.0.0/24", parseIpPrefix, { commas: true }),
    gateway: option.list(
      "ADDRESS",
      "The host's own address in a subnet (default: the first); of macvlan the LAN's router (default: none)",
      parseIpAddress,
      {
        commas: true,
      },
    ),
    ipRange: option.list("PREFIX", "Where addresses are picked from when nobody asks for one", parseIpPrefix, {
      commas: true,
    }),
    auxAddress: option.map("An address that is never handed out", { placeholder: "NAME=ADDRESS" }),
    internal: option.flag("Nothing enters or leaves except among its own sandboxes and the host"),
    ipv4: option.flag("IPv4 addresses; --ipv4=false for a network of IPv6 alone", { standard: true }),
    ipv6: option.choice("IPv6 addresses (default: whether a --subnet is one of IPv6)"),
    opt: option.map("An option of the driver", { short: "o" }),
    label: option.map("A label"),
    attachable: option.flag("Kept for Docker's tools; every network of one host is attachable"),
    ipamDriver: option.oneOf(
      ["default", "dhcp"],
      "Who gives out addresses: Weft, or a DHCP server on the LAN of a macvlan network",
    ),
    scope: option.value("SCOPE", "Only local", only("local", "networks are those of this host")),
    ipamOpt: option.map(
      "com.docker.network.ipam.serial=true: an address that comes back is handed out again only after all others",
    ),
    configOnly: option.flag("Carries no packets: other networks are made after it, by --config-from"),
    configFrom: option.value(
      "NETWORK",
      "Subnets, options and labels come from this one, made by --config-only",
      String,
      {
        complete: "network",
      },
    ),
    ingress: option.refused("there is no swarm to route for, want a network of this host"),
  },
  operands: { name: operand.one("NETWORK", parseObjectName) },
  examples: [
    { line: "weft network create backend", says: "A bridge network with a free subnet" },
    {
      line: "weft network create --subnet 10.1.0.0/24 --gateway 10.1.0.254 backend",
      says: "With addresses of your own",
    },
    {
      line: "weft network create -d macvlan -o parent=eth0 --subnet 192.168.1.0/24 --gateway 192.168.1.1 --ip-range 192.168.1.128/25 lan",
      says: "Sandboxes on the LAN of eth0, with addresses of its upper half",
    },
    {
      line: "weft network create -d macvlan -o parent=eth0 --ipam-driver dhcp office",
      says: "The same with addresses that the LAN's own DHCP server gives",
    },
    { line: "weft network create --ipv6 --internal vault", says: "Both families, and no way out" },
    {
      line: "weft network create --config-from standard backend",
      says: "As network standard says, which carries no packets",
    },
  ],
  async run({ options, operands, client, out }) {
    const { driver, subnet, gateway, ipRange, auxAddress, internal, ipv4, ipv6, opt, label, attachable } = options;
    const { configOnly, configFrom, ipamDriver, ipamOpt } = options;
    const network = await client.createNetwork({
      name: operands.name,
      ...(driver !== undefined && { driver }),
      subnets: groupSubnets({ subnets: subnet, gateways: gateway, ranges: ipRange, auxiliary: auxAddress }),
      ipv4,
      ...(ipv6 !== undefined && { ipv6 }),
      internal,
      attachable,
      configOnly,
      ...(configFrom !== undefined && { configFrom }),
      ...(ipamDriver !== undefined && { ipamDriver }),
      ipamOptions: ipamOpt,
      options: opt,
      labels: label,
    });
    if (options.json) return out.json(network);
    out.line(network.id);
  },
});
