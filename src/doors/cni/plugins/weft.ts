import { checkPart, limitTraffic, publishPorts, undoParts } from "../../../attachments/mod.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { EMPTY_RESULT } from "../result.ts";
import { hasLimits, readLimits } from "./bandwidth.ts";
import { bridgePlugin } from "./bridge.ts";
import { readPublication } from "./portmap.ts";

/** `type: weft`: what the reference has as a chain of plugins, in one call. */
export const weftPlugin: Plugin = {
  ...bridgePlugin,
  kinds: [...bridgePlugin.kinds, "ports", "limits"],
  parse: (call) => {
    bridgePlugin.parse(call);
    readPublication(call, EMPTY_RESULT);
    readLimits(call);
  },
  add: async (call) => {
    const result = await bridgePlugin.add(call);
    const ports = readPublication(call, result);
    const limits = readLimits(call);
    try {
      if (ports.ports.length > 0) await call.work((workplace) => publishPorts(workplace, call.owner, ports));
      if (hasLimits(limits)) await call.work((workplace) => limitTraffic(workplace, call.owner, limits));
    } catch (error) {
      await undoLink(call);
      throw error;
    }
    return result;
  },
  check: async (call) => {
    await bridgePlugin.check(call);
    const { ports } = readPublication(call, call.config.previous ?? EMPTY_RESULT);
    if (ports.length > 0) await call.work((workplace) => checkPart(workplace, call.owner, "ports"));
    if (hasLimits(readLimits(call))) await call.work((workplace) => checkPart(workplace, call.owner, "limits"));
  },
};

async function undoLink(call: PluginCall): Promise<void> {
  await call.work((workplace) => undoParts(workplace, workplace.store.partsOf(call.owner)));
  bridgePlugin.afterDelete?.(call, true);
}
