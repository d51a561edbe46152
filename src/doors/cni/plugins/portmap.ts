import { AttachmentError, checkPart, type PublicationWish, publishPorts } from "../../../attachments/mod.ts";
import type { InterfaceAddress } from "../../../net/mod.ts";
import { unsupportedField } from "../cni-error.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { parsePortMappings } from "../port-mappings.ts";
import { requirePrevious } from "../previous.ts";
import { type CniResult, EMPTY_RESULT, firstIp } from "../result.ts";

/** `type: portmap`, behind whoever made the link. */
export const portmapPlugin: Plugin = {
  kinds: ["ports"],
  parse: (call) => {
    requirePrevious(call);
    readPublication(call, EMPTY_RESULT);
  },
  add: async (call) => {
    const previous = requirePrevious(call);
    const wish = readPublication(call, previous);
    if (wish.ports.length > 0) {
      if (wish.addresses.length === 0)
        throw new AttachmentError("invalid", "prevResult has no address of the container");
      await call.work((workplace) => publishPorts(workplace, call.owner, wish));
    }
    return previous;
  },
  check: async (call) => {
    if (readPublication(call, requirePrevious(call)).ports.length === 0) return;
    await call.work((workplace) => checkPart(workplace, call.owner, "ports"));
  },
};

/** Keys that hold raw rules, which our table has no place for. */
const NOT_SERVED = ["conditionsV4", "conditionsV6", "externalSetMarkChain"];

/** Also of `type: weft`, which publishes by itself. */
export function readPublication({ config }: PluginCall, result: CniResult): PublicationWish {
  const { fields, runtime } = config;
  for (const key of NOT_SERVED) {
    const value = fields.value(key);
    const isEmpty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) throw unsupportedField(key, value);
  }
  return {
    ports: parsePortMappings(runtime),
    addresses: (["ipv4", "ipv6"] as const).flatMap((family): InterfaceAddress[] => {
      const address = firstIp(result, family);
      return address === undefined ? [] : [address];
    }),
    translatesVisitors: fields.truth("snat") ?? true,
    translatesAll: fields.truth("masqAll") ?? false,
  };
}
