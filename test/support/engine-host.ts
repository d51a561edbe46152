import type { ClientContract, OperationRequest, SandboxView } from "../../src/contract/mod.ts";
import { connectHttp } from "../../src/doors/http/mod.ts";
import { type Place, runOrThrow } from "./command.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { createHost, type Host } from "./host.ts";

/** What tests of the engine begin with: a host that has an outside, a daemon that serves it, and the daemon's API. */
export interface EngineHost extends AsyncDisposable {
  readonly host: Host;
  readonly outside: Place;
  readonly daemon: Daemon;
  readonly api: ClientContract;
  /** A sandbox without a process, on networks by name. It is a `Place` itself. */
  sandbox(name: string, spec?: SandboxSpec): Promise<SandboxView>;
}

export type SandboxSpec = Omit<OperationRequest<"createSandbox">, "name" | "networks"> & {
  /** Names, or how to attach. */
  readonly networks?: readonly (string | EndpointSpec)[];
};
export type EndpointSpec = NonNullable<OperationRequest<"createSandbox">["networks"]>[number];

export interface EngineHostOptions {
  readonly label: string;
  /** Whether br_netfilter hands bridged frames to the firewall. A fresh namespace of this kernel says yes, most hosts no: default no. */
  readonly bridgedFramesFiltered?: boolean;
  /** Of the uplink, in bytes; default 1,500. */
  readonly uplinkMtu?: number;
  /** The host's /etc/resolv.conf; default: the machine's. */
  readonly resolvConf?: string;
  /** The daemon's configuration file; default: none. */
  readonly config?: string;
  /** Done to the host before the daemon starts. */
  readonly prepare?: (host: Host) => Promise<void>;
}

export async function startEngine({
  label,
  bridgedFramesFiltered = false,
  uplinkMtu = 1500,
  resolvConf,
  config,
  prepare,
}: EngineHostOptions): Promise<EngineHost> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createHost({ label, uplink: true, uplinkMtu }));
  const filtered = bridgedFramesFiltered ? 1 : 0;
  await runOrThrow(host, [
    "sysctl",
    "-q",
    `net.bridge.bridge-nf-call-iptables=${filtered}`,
    `net.bridge.bridge-nf-call-ip6tables=${filtered}`,
  ]);
  await prepare?.(host);
  const daemon = stack.use(
    await startDaemon(host, {
      ...(resolvConf !== undefined && { resolvConf }),
      ...(config !== undefined && { config }),
    }),
  );
  const api = connectHttp(daemon);
  const owned = stack.move();
  return {
    host,
    outside: host.outside,
    daemon,
    api,
    sandbox: (name, { networks = [], ...spec } = {}) =>
      api.createSandbox({
        ...spec,
        name,
        networks: networks.map((network) => (typeof network === "string" ? { network } : network)),
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The sandbox's address of a family, on the network named or on its first. */
export function addressOf(sandbox: SandboxView, family: "ipv4" | "ipv6", network?: string): string {
  const endpoint = sandbox.endpoints.find(({ networkName }) => network === undefined || networkName === network);
  const found = endpoint?.addresses.find((address) => address.includes(":") === (family === "ipv6"));
  if (found === undefined)
    throw new Error(`Sandbox ${sandbox.name} has no ${family} address on ${network ?? "any network"}`);
  return found.replace(/\/\d+$/, "");
}
