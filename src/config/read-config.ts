import {
  type EngineSettings,
  parseBridgeOptions,
  parseNetworkId,
  STANDARD_SETTINGS,
  type SubnetPool,
} from "../model/mod.ts";
import {
  addressFamily,
  type IpFamily,
  LARGEST_PREFIX_LENGTH,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
  unusablePrefix,
} from "../net/mod.ts";
import {
  clause,
  type FieldPath,
  parseBySchema,
  parseYamlDocument,
  type YamlDocument,
  type YamlFile,
} from "../yaml-file/mod.ts";
import { type ConfigInput, configSchema } from "./config-schema.ts";

/** What a configuration file says. */
export interface DaemonConfig {
  readonly settings: EngineSettings;
  readonly group?: string;
  /** Absolute. */
  readonly log?: string;
  readonly dockerPlugin?: boolean;
}

/**
 * Reads a configuration file, YAML or JSON.
 *
 * @throws {YamlFileError} one sentence with file, line, column and field.
 */
export function readDaemonConfig(file: YamlFile): DaemonConfig {
  const document = parseYamlDocument(file);
  const input = parseBySchema(document, configSchema);
  const { group, log, "docker-plugin": dockerPlugin } = input;
  return {
    settings: {
      addressPools: readPools(document, input["default-address-pools"] ?? []),
      networkOptions: readNetworkOptions(document, input["default-network-opts"] ?? {}),
      hostGateways: readHostGateways(document, input["host-gateway-ips"] ?? []),
      portProxy: input["userland-proxy"] ?? STANDARD_SETTINGS.portProxy,
    },
    ...(group !== undefined && { group }),
    ...(log !== undefined && { log }),
    ...(dockerPlugin !== undefined && { dockerPlugin }),
  };
}

type PoolInput = NonNullable<ConfigInput["default-address-pools"]>;

function readPools(document: YamlDocument, input: PoolInput): readonly SubnetPool[] {
  const pools: SubnetPool[] = [];
  for (const [index, { base, size }] of input.entries()) {
    const at = (key: string): FieldPath => ["default-address-pools", index, key];
    const most = LARGEST_PREFIX_LENGTH[prefixFamily(base)];
    if (size < prefixLength(base) || size > most) {
      throw document.refuse(
        at("size"),
        `got ${size}: want from ${prefixLength(base)}, the length of ${base}, to ${most}`,
      );
    }
    const unusable = unusablePrefix(base);
    if (unusable !== undefined) {
      throw document.refuse(at("base"), `${base} overlaps ${unusable.prefix} (${unusable.by}): want unicast addresses`);
    }
    const other = pools.find(({ prefix }) => prefixesOverlap(prefix, base));
    if (other !== undefined)
      throw document.refuse(at("base"), `${base} overlaps ${other.prefix}: want each address once`);
    pools.push({ prefix: base, subnetLength: size });
  }
  return pools;
}

/** Stands for a network that is made later: only its bridge's name is made of it. */
const SOME_NETWORK = parseNetworkId("0".repeat(64));

function readNetworkOptions(
  document: YamlDocument,
  input: NonNullable<ConfigInput["default-network-opts"]>,
): EngineSettings["networkOptions"] {
  for (const [key, value] of Object.entries(input.bridge ?? {})) {
    try {
      parseBridgeOptions({ [key]: value }, SOME_NETWORK);
    } catch (error) {
      throw document.refuse(
        ["default-network-opts", "bridge", key],
        clause(error instanceof Error ? error.message : String(error)),
        { cause: error },
      );
    }
  }
  return Object.fromEntries(
    Object.entries(input).flatMap(([driver, options]) => (options === undefined ? [] : [[driver, options]])),
  );
}

function readHostGateways(
  document: YamlDocument,
  addresses: NonNullable<ConfigInput["host-gateway-ips"]>,
): EngineSettings["hostGateways"] {
  const found = new Map<IpFamily, (typeof addresses)[number]>();
  for (const [index, address] of addresses.entries()) {
    const family = addressFamily(address);
    if (found.has(family))
      throw document.refuse(["host-gateway-ips", index], `a second ${family} address: want one of each family`);
    found.set(family, address);
  }
  return Object.fromEntries(found);
}
