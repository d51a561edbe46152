import { type LinkName, parseLinkName } from "../net/mod.ts";

/** Docker's names of what an endpoint can be told. Source: moby, daemon/libnetwork/netlabel/labels.go. */
export const ENDPOINT_OPTIONS = {
  sysctls: "com.docker.network.endpoint.sysctls",
  interfaceName: "com.docker.network.endpoint.ifname",
} as const;

/** A setting of the kernel for one interface. */
export interface EndpointSysctl {
  readonly family: string;
  readonly group: string;
  readonly setting: string;
  readonly value: string;
}

export interface EndpointOptions {
  readonly sysctls: readonly EndpointSysctl[];
  readonly interfaceName?: LinkName;
}

/** @throws {SyntaxError} names the key, the value and what was wanted. */
export function parseEndpointOptions(options: Readonly<Record<string, string>>): EndpointOptions {
  const known: readonly string[] = Object.values(ENDPOINT_OPTIONS);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new SyntaxError(`Cannot use endpoint option ${JSON.stringify(unknown)}: want one of ${known.join(", ")}`);
  }
  const sysctls = options[ENDPOINT_OPTIONS.sysctls] ?? "";
  const interfaceName = options[ENDPOINT_OPTIONS.interfaceName];
  return {
    sysctls: sysctls === "" ? [] : sysctls.split(",").map(parseEndpointSysctl),
    ...(interfaceName !== undefined && { interfaceName: readInterfaceName(interfaceName) }),
  };
}

/** Where the setting stands below /proc/sys once the interface has its name. */
export function endpointSysctlPath({ family, group, setting }: EndpointSysctl, interfaceName: LinkName): string {
  return `net/${family}/${group}/${interfaceName}/${setting}`;
}

/**
 * `net.ipv4.conf.IFNAME.log_martians=1`, as Docker has it: the word IFNAME stands for the interface. Nothing else than settings of
 * that one interface has this form, so that no endpoint changes its whole sandbox.
 */
function parseEndpointSysctl(text: string): EndpointSysctl {
  const match = /^net\.(ipv4|ipv6|mpls)\.(conf|neigh)\.IFNAME\.([a-z0-9_]+)=([\x21-\x7e][\x20-\x7e]{0,255})$/.exec(
    text.trim(),
  );
  const [, family, group, setting, value] = match ?? [];
  if (family === undefined || group === undefined || setting === undefined || value === undefined) {
    throw new SyntaxError(
      `Cannot use option ${ENDPOINT_OPTIONS.sysctls}: ${JSON.stringify(text)} is no setting of the interface, ` +
        "want net.ipv4.conf.IFNAME.NAME=VALUE (or ipv6, mpls; or neigh in place of conf), IFNAME as it stands here",
    );
  }
  return { family, group, setting, value };
}

function readInterfaceName(text: string): LinkName {
  try {
    return parseLinkName(text);
  } catch (error) {
    throw new SyntaxError(
      `Cannot use option ${ENDPOINT_OPTIONS.interfaceName}=${text}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
