import { z } from "zod";
import { type DnsName, type ObjectName, parseDnsName, parseObjectName } from "../model/mod.ts";
import {
  type IpAddress,
  type IpPrefix,
  type LinkName,
  type MacAddress,
  type PortRange,
  parseIpAddress,
  parseIpPrefix,
  parseLinkName,
  parseMacAddress,
  parsePortRange,
  transportProtocols,
} from "../net/mod.ts";

/** Text that one of our parsers reads: its sentence becomes the issue's. */
function parsed<T>(parse: (text: string) => T, limit = 256): z.ZodType<T, string> {
  return z
    .string()
    .max(limit)
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
        return z.NEVER;
      }
    });
}

export const objectName: z.ZodType<ObjectName, string> = parsed(parseObjectName);
export const dnsName: z.ZodType<DnsName, string> = parsed(parseDnsName);
export const ipAddress: z.ZodType<IpAddress, string> = parsed(parseIpAddress);
export const ipPrefix: z.ZodType<IpPrefix, string> = parsed(parseIpPrefix);
export const macAddress: z.ZodType<MacAddress, string> = parsed(parseMacAddress);
export const linkName: z.ZodType<LinkName, string> = parsed(parseLinkName);
export const portRange: z.ZodType<PortRange, string> = parsed(parsePortRange);
export const transportProtocol = z.enum(transportProtocols);
/** A name, a full id, or the unique beginning of an id. */
export const reference = z.string().min(1).max(128);
export const textMap = z.record(z.string().max(4096), z.string().max(65536));
export const gatewayPriority = z.int().min(-2147483648).max(2147483647);
