import { z } from "zod";
import { parseInstant } from "../lib/mod.ts";
import {
  type DnsName,
  type EndpointId,
  type LabelCondition,
  type NetworkId,
  type ObjectName,
  type PoolId,
  parseDnsName,
  parseEndpointId,
  parseHostname,
  parseLabelCondition,
  parseLinkLocalAddress,
  parseNetworkId,
  parseObjectName,
  parsePoolId,
  parseProgramText,
  parseResolverOption,
  parseSearchDomain,
  parseVariableName,
} from "../model/mod.ts";
import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type LinkName,
  type MacAddress,
  type PortRange,
  parseInterfaceAddress,
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
export const hostname: z.ZodType<DnsName, string> = parsed(parseHostname);
export const searchDomain: z.ZodType<string, string> = parsed(parseSearchDomain);
export const resolverOption: z.ZodType<string, string> = parsed(parseResolverOption);
export const ipAddress: z.ZodType<IpAddress, string> = parsed(parseIpAddress);
export const linkLocalAddress: z.ZodType<IpAddress, string> = parsed(parseLinkLocalAddress);
export const ipPrefix: z.ZodType<IpPrefix, string> = parsed(parseIpPrefix);
export const macAddress: z.ZodType<MacAddress, string> = parsed(parseMacAddress);
export const linkName: z.ZodType<LinkName, string> = parsed(parseLinkName);
export const portRange: z.ZodType<PortRange, string> = parsed(parsePortRange);
export const transportProtocol = z.enum(transportProtocols);
export const networkId: z.ZodType<NetworkId, string> = parsed(parseNetworkId);
export const endpointId: z.ZodType<EndpointId, string> = parsed(parseEndpointId);
export const poolId: z.ZodType<PoolId, string> = parsed(parsePoolId);
export const interfaceAddress: z.ZodType<InterfaceAddress, string> = parsed(parseInterfaceAddress);
/** A name, a full id, or the unique beginning of an id. */
export const reference = z.string().min(1).max(128);
/** `KEY` or `KEY=VALUE`. */
export const labelCondition: z.ZodType<LabelCondition, string> = parsed(parseLabelCondition, 65536);
/** RFC 3339, such as 2026-01-02T03:04:05Z; parsed to milliseconds since 1970. */
export const instant: z.ZodType<number, string> = parsed(parseInstant, 64);
export const textMap = z.record(z.string().max(4096), z.string().max(65536));
/** Bytes that one argument or variable may have: MAX_ARG_STRLEN, 32 pages (include/uapi/linux/binfmts.h). */
const ARGUMENT_LIMIT = 131_072;
export const programText: z.ZodType<string, string> = parsed(parseProgramText, ARGUMENT_LIMIT);
export const variables = z.record(parsed(parseVariableName, 4096), parsed(parseProgramText, ARGUMENT_LIMIT));
/** A path, absolute. */
export const absolutePath = z
  .string()
  .startsWith("/")
  .regex(/^[^\0]*$/)
  .max(4096);
export const gatewayPriority = z.int().min(-2147483648).max(2147483647);
