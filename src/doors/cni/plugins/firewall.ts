import { checkPart, letIn } from "../../../attachments/mod.ts";
import { parseLinkName } from "../../../net/mod.ts";
import { configError, unsupportedField } from "../cni-error.ts";
import { readValue } from "../fields.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { requirePrevious } from "../previous.ts";

/** `type: firewall`, behind whoever made the link. */
export const firewallPlugin: Plugin = {
  kinds: ["access"],
  parse: (call) => void readPolicy(call),
  add: async (call) => {
    const previous = requirePrevious(call);
    const [bridge] = previous.interfaces.filter(({ sandbox }) => sandbox === undefined);
    const policy = readPolicy(call);
    if (policy === "same-bridge" && bridge === undefined) {
      throw configError("ingressPolicy", "same-bridge wants a bridge as prevResult's first interface");
    }
    const closed =
      bridge !== undefined && policy === "same-bridge"
        ? readValue("prevResult", bridge.name, parseLinkName)
        : undefined;
    await call.work((workplace) => letIn(workplace, call.owner, closed));
    return previous;
  },
  check: async (call) => {
    await call.work((workplace) => checkPart(workplace, call.owner, "access"));
  },
};

function readPolicy({ config: { fields } }: PluginCall): "open" | "same-bridge" {
  const backend = fields.text("backend") ?? "";
  if (backend === "firewalld") throw unsupportedField("backend", backend);
  const policy = fields.text("ingressPolicy") ?? "open";
  if (policy === "open" || policy === "") return "open";
  if (policy === "same-bridge") return policy;
  throw unsupportedField("ingressPolicy", policy);
}
