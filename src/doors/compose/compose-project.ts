import type { SubnetRequest } from "../../contract/mod.ts";
import type {
  DnsName,
  EndpointLink,
  Healthcheck,
  IpamDriverName,
  NetworkDriverKind,
  ObjectName,
  PortPublication,
  RestartPolicy,
} from "../../model/mod.ts";
import type { IpAddress, Ipv4Address, Ipv6Address, LinkName, MacAddress } from "../../net/mod.ts";
import type { Position } from "./node.ts";

/** What one or several Compose files ask for, complete and checked as far as files alone can tell. */
export interface ComposeProject {
  readonly name: string;
  /** Only those that a service of `services` uses. */
  readonly networks: readonly ComposeNetwork[];
  /** Those whose profiles are active, dependencies first. */
  readonly services: readonly ComposeService[];
  /** Every name that the files have, used this time or not: what runs under another name is left over. */
  readonly declared: { readonly networks: readonly string[]; readonly services: readonly string[] };
  /** One sentence each, with file, line and column: what was left out, and variables without a value. */
  readonly warnings: readonly string[];
}

export interface ComposeNetwork {
  /** Its name in the file. */
  readonly key: string;
  /** Its name in the engine: `PROJECT_KEY` unless the file says otherwise. */
  readonly name: ObjectName;
  /** It is there already, and outlives the project; all else below is then as by default. */
  readonly external: boolean;
  readonly driver: Exclude<NetworkDriverKind, "template">;
  readonly options: Readonly<Record<string, string>>;
  readonly ipamDriver?: IpamDriverName;
  /** Of the address allocation. */
  readonly ipamOptions?: Readonly<Record<string, string>>;
  readonly subnets: readonly SubnetRequest[];
  readonly ipv4: boolean;
  /** Absent: whether one of `subnets` is an IPv6 one. */
  readonly ipv6?: boolean;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the files declare it, of several the last; absent for one that they only imply. */
  readonly position?: Position;
}

/** How one service is on one network. */
export interface ComposeAttachment {
  /** The key of a `ComposeNetwork`. */
  readonly network: string;
  /** The service's own name first. */
  readonly aliases: readonly DnsName[];
  readonly ipv4?: Ipv4Address;
  readonly ipv6?: Ipv6Address;
  readonly mac?: MacAddress;
  readonly interfaceName?: LinkName;
  /** The highest supplies the default route. */
  readonly gatewayPriority: number;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly linkLocalAddresses?: readonly IpAddress[];
  /** Names of other services that this one alone sees. */
  readonly links?: readonly EndpointLink[];
}

export type ComposeNetworking =
  /** In the order of attachment: `priority`, then as written. */
  | { readonly kind: "networks"; readonly attachments: readonly ComposeAttachment[] }
  | { readonly kind: "host" }
  | { readonly kind: "none" }
  /** In the sandbox of another service of the project. */
  | { readonly kind: "service"; readonly service: string };

export type DependencyCondition = "service_started" | "service_healthy" | "service_completed_successfully";

export interface ComposeDependency {
  readonly service: string;
  readonly condition: DependencyCondition;
  /** When false, this service starts also when the other one fails. */
  readonly required: boolean;
}

export interface ComposeHost {
  readonly name: DnsName;
  readonly address: IpAddress | "host-gateway";
}

export interface ComposeService {
  /** Its name in the file. */
  readonly name: string;
  /** Where the files declare it; of several, the last. */
  readonly position: Position;
  /** `container_name`, or `PROJECT-SERVICE-1`. */
  readonly sandboxName: ObjectName;
  /** Argument vector, entrypoint first; not empty. */
  readonly command: readonly string[];
  /** What the files give, and nothing of the caller's environment beside it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; by default the directory of the project. */
  readonly workingDirectory: string;
  readonly user?: string;
  readonly hostname?: DnsName;
  readonly domainname?: DnsName;
  readonly labels: Readonly<Record<string, string>>;
  readonly profiles: readonly string[];
  readonly networking: ComposeNetworking;
  readonly ports: readonly PortPublication[];
  readonly resolver: {
    readonly servers: readonly IpAddress[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  };
  readonly extraHosts: readonly ComposeHost[];
  /** All of them come earlier in the project's list. */
  readonly dependencies: readonly ComposeDependency[];
  readonly healthcheck?: Healthcheck;
  readonly restart: RestartPolicy;
  /** Such as `SIGTERM`. */
  readonly stopSignal: string;
  readonly stopTimeoutMs: number;
}
