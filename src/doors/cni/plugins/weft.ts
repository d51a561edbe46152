import { checkPart, publishPorts, undoParts } from "../../../attachments/mod.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { EMPTY_RESULT } from "../result.ts";
import { bridgePlugin } from "./bridge.ts";
import { readPublication } from "./portmap.ts";

/** `type: weft`: what the reference has as a chain of plugins, in one call. */
export const weftPlugin: Plugin = {
  ...bridgePlugin,
  kinds: [...bridgePlugin.kinds, "ports"],
  parse: (call) => {
    bridgePlugin.parse(call);
    readPublication(call, EMPTY_RESULT);
  },
  add: async (call) => {
    const result = await bridgePlugin.add(call);
    const wish = readPublication(call, result);
    if (wish.ports.length === 0) return result;
    try {
      await call.work((workplace) => publishPorts(workplace, call.owner, wish));
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
  },
};

async function undoLink(call: PluginCall): Promise<void> {
  await call.work((workplace) => undoParts(workplace, workplace.store.partsOf(call.owner)));
  bridgePlugin.afterDelete?.(call, true);
}
