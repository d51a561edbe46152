import { checkPart, type LimitsWish, limitTraffic, type TrafficLimit } from "../../../attachments/mod.ts";
import { configError } from "../cni-error.ts";
import type { Fields } from "../fields.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { requirePrevious } from "../previous.ts";

/** `type: bandwidth`, behind whoever made the link. */
export const bandwidthPlugin: Plugin = {
  kinds: ["limits"],
  parse: (call) => void readLimits(call),
  add: async (call) => {
    const previous = requirePrevious(call);
    const wish = readLimits(call);
    if (hasLimits(wish)) await call.work((workplace) => limitTraffic(workplace, call.owner, wish));
    return previous;
  },
  check: async (call) => {
    if (hasLimits(readLimits(call))) await call.work((workplace) => checkPart(workplace, call.owner, "limits"));
  },
};

export function hasLimits(wish: LimitsWish): boolean {
  return wish.toContainer !== undefined || wish.fromContainer !== undefined;
}

/** What the configuration itself says wins over the capability. Also of `type: weft`. */
export function readLimits({ config, environment }: PluginCall): LimitsWish {
  const fields = ["ingressRate", "egressRate"].some((key) => config.fields.value(key) !== undefined)
    ? config.fields
    : config.runtime.object("bandwidth");
  const toContainer = fields && readLimit(fields, "ingress");
  const fromContainer = fields && readLimit(fields, "egress");
  return {
    netnsPath: environment.netns,
    ...(toContainer !== undefined && { toContainer }),
    ...(fromContainer !== undefined && { fromContainer }),
  };
}

function readLimit(fields: Fields, way: "ingress" | "egress"): TrafficLimit | undefined {
  const most = Number.MAX_SAFE_INTEGER;
  const rate = fields.integer(`${way}Rate`, { least: 0, most }) ?? 0;
  const burst = fields.integer(`${way}Burst`, { least: 0, most }) ?? 0;
  if (rate === 0 && burst === 0) return undefined;
  if (rate < 8) throw configError(fields.pathOf(`${way}Rate`), `${rate} is too little, want 8 bits a second or more`);
  if (burst < 8) throw configError(fields.pathOf(`${way}Burst`), `${burst} is too little, want 8 bits or more`);
  if (burst / 8 >= 2 ** 32)
    throw configError(fields.pathOf(`${way}Burst`), `${burst} is too much, want less than 2^35 bits`);
  return { rateBits: BigInt(rate), burstBits: BigInt(burst) };
}
