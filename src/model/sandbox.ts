import type { InterfaceAddress, IpAddress, LinkName, MacAddress, Port, TransportProtocol } from "../net/mod.ts";
import type { DhcpLease } from "./dhcp-lease.ts";
import type { DnsName, EndpointId, NetworkId, ObjectName, SandboxId } from "./identity.ts";
import type { ResolverSettings } from "./resolver-settings.ts";

/** Names one namespace for ever. */
export interface NamespaceIdentity {
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** The kernel's number of it, decimal: unique within the boot. */
  readonly cookie: string;
}

/** Whose namespace a sandbox is. */
export type SandboxNamespace =
  /** Made by us, bound at the run directory's `netns/<id>`. */
  | { readonly kind: "own" }
  /** Somebody else's, by a path that opens it. */
  | {
      readonly kind: "foreign";
      readonly path: string;
      /** Which namespace it was; a path may open another one later. */
      readonly identity?: NamespaceIdentity;
      /** It is gone, and what its sandbox had is free. */
      readonly ended?: boolean;
    }
  /** Another engine's, such as Docker's: it takes the links that we make for it, names them, and gives them addresses and routes. */
  | {
      readonly kind: "external";
      /** What that engine calls it; absent until an endpoint has joined. */
      readonly key?: string;
    }
  /** The host's. */
  | { readonly kind: "host" }
  /** Another sandbox's: `network_mode: service:NAME`. */
  | { readonly kind: "shared"; readonly sandbox: SandboxId };

/** A port of the host that leads to a port of a sandbox. */
export interface PublishedPort {
  readonly protocol: TransportProtocol;
  /** Absent: every address of the host, both families. */
  readonly hostAddress?: IpAddress;
  readonly hostPort: Port;
  readonly sandboxPort: Port;
  /** The networks that it was published for are routed: it is open at the sandbox's own address, and no port of the host is taken. */
  readonly routed?: boolean;
}

export type RestartPolicy = "no" | "always" | "on-failure" | "unless-stopped";

/** How the health of a process is found out. Durations in milliseconds. */
export interface Healthcheck {
  /** Argument vector; exit status 0 is healthy. */
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Failures in this time after the start do not count. */
  readonly startPeriodMs: number;
}

/** What runs in a sandbox. */
export interface ProcessSpec {
  /** Argument vector, not empty. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute path. */
  readonly workingDirectory: string;
  /** Name or number, `USER[:GROUP]`; absent: root. */
  readonly user?: string;
  readonly stopSignal: string;
  readonly stopTimeoutMs: number;
  readonly restart: RestartPolicy;
  readonly healthcheck?: Healthcheck;
}

/** A network namespace with its resolver configuration. */
export interface Sandbox {
  readonly id: SandboxId;
  readonly name: ObjectName;
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly namespace: SandboxNamespace;
  readonly hostname: string;
  readonly domainname?: string;
  readonly resolver: ResolverSettings;
  readonly extraHosts: readonly { readonly name: DnsName; readonly address: IpAddress | "host-gateway" }[];
  readonly ports: readonly PublishedPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly process?: ProcessSpec;
  /** Removed as soon as its process ends. */
  readonly autoRemove: boolean;
  /** Its programs are being ended so that it can go: a daemon that finds it so goes on with that. */
  readonly removing?: boolean;
}

/** A name that one sandbox alone sees, of whoever has another name on the same network. */
export interface EndpointLink {
  /** As the resolver knows it on the network, also later: nobody needs to have it yet. */
  readonly name: DnsName;
  readonly alias: DnsName;
}

/** One sandbox's attachment to one network. */
export interface Endpoint {
  readonly id: EndpointId;
  readonly network: NetworkId;
  readonly sandbox: SandboxId;
  /** Grows with each endpoint of an engine: the order of attachment. */
  readonly sequence: number;
  /** The link's name in the sandbox. */
  readonly interfaceName: LinkName;
  /** The link's name on the host; of one that is in the sandbox alone (macvlan, ipvlan), its name while it is made. */
  readonly hostLink: LinkName;
  readonly mac: MacAddress;
  readonly addresses: readonly InterfaceAddress[];
  /** Of the address that a DHCP server gave; one that has ended is kept for what it was. */
  readonly lease?: DhcpLease;
  /** Beside those that the network gave; nobody allocates them, and no name leads to them. */
  readonly linkLocalAddresses: readonly InterfaceAddress[];
  /** Answered by the resolver on this network beside the sandbox's name. */
  readonly aliases: readonly DnsName[];
  readonly links: readonly EndpointLink[];
  /** The endpoint with the highest supplies the default route; ties go to the oldest. */
  readonly gatewayPriority: number;
  readonly driverOptions: Readonly<Record<string, string>>;
}
