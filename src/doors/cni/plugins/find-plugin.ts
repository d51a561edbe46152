import { CniError, CniErrorCode } from "../cni-error.ts";
import type { NetworkConfig } from "../network-config.ts";
import type { Plugin } from "../plugin.ts";

/** Each is loaded when it is called, alone. */
const byName: Readonly<Record<string, () => Promise<Plugin>>> = {
  bridge: async () => (await import("./bridge.ts")).bridgePlugin,
  "host-local": async () => (await import("./host-local.ts")).hostLocalPlugin,
  loopback: async () => (await import("./loopback.ts")).loopbackPlugin,
};

/** Names that the file may be called by beside its own. */
export const PLUGIN_NAMES: readonly string[] = Object.keys(byName);

/**
 * A link's name says what is meant, also to a foreign main plugin that calls it for addresses. By our own name the configuration's
 * type does: that of the main plugin, or else we are called as its IPAM.
 *
 * @throws {CniError} 7
 */
export function findPlugin(calledAs: string, config: NetworkConfig): Promise<Plugin> {
  const { type, ipamType } = config;
  const isIpam = ipamType === "weft" || ipamType === "host-local";
  const name =
    calledAs in byName
      ? calledAs
      : type === "weft"
        ? modeOf(config)
        : type in byName
          ? type
          : isIpam
            ? "host-local"
            : "";
  const load = byName[name];
  if (load !== undefined) return load();
  throw new CniError(
    CniErrorCode.invalidConfig,
    `invalid network config: type: ${JSON.stringify(type)} is not served, want weft, ${PLUGIN_NAMES.join(", ")}`,
  );
}

function modeOf({ fields }: NetworkConfig): string {
  const mode = fields.text("mode") ?? "bridge";
  if (mode === "bridge") return mode;
  throw new CniError(
    CniErrorCode.invalidConfig,
    `invalid network config: mode: ${JSON.stringify(mode)} is not served, want bridge`,
  );
}
