import { parseLinkName } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { aliasOption, endpointOptions, linkOptions, parseGatewayPriority } from "../values/endpoint-options.ts";

export const networkConnect = defineCommand({
  name: "network connect",
  summary: "Attach a sandbox to a network, also while its program runs",
  options: {
    ...endpointOptions,
    alias: aliasOption,
    interfaceName: option.value(
      "NAME",
      "Name of the interface in the sandbox (default: eth and a number)",
      parseLinkName,
    ),
    gwPriority: option.value(
      "NUMBER",
      "The network with the highest has the default route (default: 0)",
      parseGatewayPriority,
    ),
    driverOpt: option.map("An option of the driver for this endpoint"),
    ...linkOptions,
  },
  operands: { network: operand.one("NETWORK", String, "network"), sandbox: operand.one("SANDBOX", String, "sandbox") },
  examples: [
    { line: "weft network connect backend webapp", says: "webapp reaches the others on backend, by name" },
    {
      line: "weft network connect --ip 10.1.0.7 --alias db backend postgres",
      says: "With an address and another name",
    },
  ],
  async run({ options, operands, client, out }) {
    const { ip, ip6, macAddress, alias, interfaceName, gwPriority, driverOpt, linkLocalIp, link } = options;
    const endpoint = await client.connect({
      network: operands.network,
      sandbox: operands.sandbox,
      ...(ip !== undefined && { ipv4: ip }),
      ...(ip6 !== undefined && { ipv6: ip6 }),
      ...(macAddress !== undefined && { mac: macAddress }),
      ...(interfaceName !== undefined && { interfaceName }),
      ...(gwPriority !== undefined && { gatewayPriority: gwPriority }),
      aliases: [...alias],
      linkLocalAddresses: [...linkLocalIp],
      links: [...link],
      driverOptions: driverOpt,
    });
    if (options.json) out.json(endpoint);
  },
});
