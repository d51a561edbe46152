import type { NetworkView, SandboxView } from "../../contract/mod.ts";
import { NETNS_DIRECTORY } from "../../kernel/netns/mod.ts";
import { type IpAddress, type LinkName, type MacAddress, prefixAddress } from "../../net/mod.ts";

/** Whose a link is: a network's bridge, or an endpoint's end, inside or on the host. */
export interface OwnedLink {
  readonly network: string;
  /** Absent: the network's own bridge. */
  readonly sandbox?: string;
}

/** What people call what the kernel knows by number. */
export interface Names {
  /** The daemon that told them; absent when none runs, and then nothing has a name. */
  readonly daemon?: { readonly pid: number };
  readonly sandboxes: readonly SandboxView[];
  /** Where namespaces have their names: that of `ip netns`, or another. */
  readonly netnsDirectory: string;
  readonly networks: readonly NetworkView[];
  /** `webapp` for a sandbox's address; `backend/gateway` for a network's own. */
  readonly ofAddress: (address: IpAddress) => string | undefined;
  /** A sandbox's. */
  readonly ofMac: (mac: MacAddress) => string | undefined;
  /** On the daemon's host. */
  readonly ofHostLink: (link: string) => OwnedLink | undefined;
  /** In a sandbox, by its id. */
  readonly ofSandboxLink: (sandbox: string, link: string) => OwnedLink | undefined;
}

export interface NameSources {
  readonly pid: number;
  readonly sandboxes: readonly SandboxView[];
  readonly networks: readonly NetworkView[];
}

/** Without a daemon. */
export const NO_NAMES: Names = {
  sandboxes: [],
  netnsDirectory: NETNS_DIRECTORY,
  networks: [],
  ofAddress: () => undefined,
  ofMac: () => undefined,
  ofHostLink: () => undefined,
  ofSandboxLink: () => undefined,
};

export function namesFrom({ pid, sandboxes, networks }: NameSources): Names {
  const endpoints = networks.flatMap((network) => network.endpoints);
  const addresses = new Map<IpAddress, string>([
    ...networks.flatMap(({ name, subnets }) =>
      subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [[gateway, `${name}/gateway`] as const])),
    ),
    ...endpoints.flatMap(({ addresses: own, sandboxName }) =>
      own.map((address) => [prefixAddress(address), sandboxName] as const),
    ),
  ]);
  const macs = new Map(endpoints.map(({ mac, sandboxName }) => [mac, sandboxName as string]));
  const hostLinks = new Map<string, OwnedLink>([
    ...networks.flatMap(({ name, driver }) =>
      driver.kind === "bridge" ? [[driver.settings.bridge as string, { network: name }] as const] : [],
    ),
    ...endpoints.map(
      ({ hostLink, networkName, sandboxName }) =>
        [hostLink as string, { network: networkName, sandbox: sandboxName }] as const,
    ),
  ]);
  const keyOf = (sandbox: string, link: LinkName | string): string => `${sandbox}/${link}`;
  const sandboxLinks = new Map<string, OwnedLink>(
    endpoints.map(({ sandbox, interfaceName, networkName, sandboxName }) => [
      keyOf(sandbox, interfaceName),
      { network: networkName, sandbox: sandboxName },
    ]),
  );
  return {
    daemon: { pid },
    sandboxes,
    netnsDirectory: NETNS_DIRECTORY,
    networks,
    ofAddress: (address) => addresses.get(address),
    ofMac: (mac) => macs.get(mac),
    ofHostLink: (link) => hostLinks.get(link),
    ofSandboxLink: (sandbox, link) => sandboxLinks.get(keyOf(sandbox, link)),
  };
}
