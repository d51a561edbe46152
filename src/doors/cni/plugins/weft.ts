import { checkPart, limitTraffic, publishPorts, undoParts } from "../../../attachments/mod.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { EMPTY_RESULT } from "../result.ts";
import { hasLimits, readLimits } from "./bandwidth.ts";
import { readPublication } from "./portmap.ts";

/** `type: weft`: what the reference has as a chain of plugins, in one call. @param link Makes the link. */
export const weftPlugin = (link: Plugin): Plugin => ({
  ...link,
  kinds: [...link.kinds, "ports", "limits"],
  parse: (call) => {
    link.parse(call);
    readPublication(call, EMPTY_RESULT);
    readLimits(call);
  },
  add: async (call) => {
    readPublication(call, EMPTY_RESULT); // what is wrong in it is to be said before anything is made
    const limits = readLimits(call);
    const result = await link.add(call);
    const ports = readPublication(call, result);
    try {
      if (ports.ports.length > 0) await call.work((workplace) => publishPorts(workplace, call.owner, ports));
      if (hasLimits(limits)) await call.work((workplace) => limitTraffic(workplace, call.owner, limits));
    } catch (error) {
      await undoLink(link, call);
      throw error;
    }
    return result;
  },
  check: async (call) => {
    await link.check(call);
    const { ports } = readPublication(call, call.config.previous ?? EMPTY_RESULT);
    if (ports.length > 0) await call.work((workplace) => checkPart(workplace, call.owner, "ports"));
    if (hasLimits(readLimits(call))) await call.work((workplace) => checkPart(workplace, call.owner, "limits"));
  },
});

async function undoLink(link: Plugin, call: PluginCall): Promise<void> {
  const parts = await call.work(async (workplace) => {
    const found = workplace.store.partsOf(call.owner);
    await undoParts(workplace, found);
    return found;
  });
  link.afterDelete?.(call, parts);
}
