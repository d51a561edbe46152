import { z } from "zod";
import { BRIDGE_OPTIONS } from "../model/mod.ts";
import { parseIpAddress, parseIpPrefix } from "../net/mod.ts";
import { parsedText } from "../yaml-file/mod.ts";

const pool = z.strictObject({
  base: parsedText(parseIpPrefix).meta({ description: "Such as 10.64.0.0/16 or fd00:1::/48" }),
  size: z.int().min(1).max(126).meta({ description: "Length in bits of the subnets: 24, 64" }),
});

const driverOptions = z.record(z.string().max(256), z.string().max(4096)).optional();

/** A configuration file. Keys are those of Docker's daemon.json where it has them. `docs/weft.schema.json` is made of it. */
export const configSchema = z
  .strictObject({
    "default-address-pools": z.array(pool).min(1).max(256).optional().meta({
      description:
        "Where subnets of networks come from that are made without one, in this order; a family that is not named keeps the standard pools",
    }),
    "default-network-opts": z
      .strictObject({ bridge: driverOptions, macvlan: driverOptions, ipvlan: driverOptions })
      .optional()
      .meta({
        description: `By driver, options that a network has unless it is made with others, such as bridge: {${BRIDGE_OPTIONS.mtu}: "1400"}`,
      }),
    "host-gateway-ips": z.array(parsedText(parseIpAddress)).min(1).max(2).optional().meta({
      description: "What host-gateway stands for, one of each family; default: the gateway of the sandbox's network",
    }),
    "userland-proxy": z.boolean().optional().meta({
      description: "Whether a proxy leads IPv6 addresses of the host to sandboxes that have IPv4 alone; default: true",
    }),
    group: z.string().min(1).max(32).optional().meta({ description: "Who may open the socket beside root" }),
    "docker-plugin": z
      .boolean()
      .optional()
      .meta({ description: "Whether every daemon is Docker's network and address driver, too" }),
    log: z.string().startsWith("/").max(4096).optional().meta({ description: "Where the log goes: an absolute path" }),
  })
  .meta({ title: "Weft daemon" });

export type ConfigInput = z.output<typeof configSchema>;

/** For editors. Source: JSON Schema, draft 2020-12. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: "input", target: "draft-2020-12" });
}
