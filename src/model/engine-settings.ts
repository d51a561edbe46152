import type { IpAddress, IpFamily, IpPrefix } from "../net/mod.ts";

/** Address space that automatic subnets are cut out of. */
export interface SubnetPool {
  readonly prefix: IpPrefix;
  /** Length in bits of the subnets. */
  readonly subnetLength: number;
}

/** What the owner of a host lets the engine do in another way than it would by itself. */
export interface EngineSettings {
  /** In the order of preference; a family that has none keeps its standard ones. */
  readonly addressPools: readonly SubnetPool[];
  /** Options that networks of a driver get unless they are made with others, by driver. */
  readonly networkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What `host-gateway` stands for in extra hosts. Absent: the gateway on the sandbox's own network. */
  readonly hostGateways: { readonly [Family in IpFamily]?: IpAddress };
  /** Whether a proxy serves published ports where the host's address and the sandbox's are not of one family. */
  readonly portProxy: boolean;
}

export const STANDARD_SETTINGS: EngineSettings = {
  addressPools: [],
  networkOptions: {},
  hostGateways: {},
  portProxy: true,
};
