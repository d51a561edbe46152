import { type Daemon, request } from "../support/mod.ts";

/** What the API lists, as far as the suite needs it: read from the JSON, not from the program's types. */
export interface Listing {
  readonly networks: readonly ListedNetwork[];
  readonly sandboxes: readonly ListedSandbox[];
}

export interface ListedNetwork {
  readonly id: string;
  readonly name: string;
  readonly internal: boolean;
  readonly driver: {
    readonly kind: string;
    /** Of a bridge network; a macvlan network has the two at the end alone. */
    readonly settings?: {
      readonly bridge: string;
      readonly icc: boolean;
      readonly masquerade: boolean;
      readonly gatewayModes: { readonly ipv4: string; readonly ipv6: string };
      readonly trustedLinks: readonly string[];
      readonly sourceAddresses: { readonly ipv4?: string; readonly ipv6?: string };
      readonly parent?: { readonly name: string };
      readonly hostLink?: { readonly name: string; readonly addresses: readonly string[] };
    };
  };
  readonly subnets: readonly { readonly prefix: string; readonly gateway?: string }[];
}

export interface ListedEndpoint {
  readonly id: string;
  readonly network: string;
  readonly networkName: string;
  readonly sequence: number;
  readonly interfaceName: string;
  readonly hostLink: string;
  readonly mac: string;
  readonly addresses: readonly string[];
}

export interface ListedSandbox {
  readonly id: string;
  readonly name: string;
  readonly netnsPath: string;
  readonly status: { readonly state: string; readonly pid?: number };
  readonly process?: { readonly command: readonly string[] };
  readonly ports: readonly {
    readonly protocol: string;
    readonly hostAddress?: string;
    readonly hostPort: number;
    readonly sandboxPort: number;
    readonly routed?: boolean;
  }[];
  readonly endpoints: readonly ListedEndpoint[];
}

export async function list(daemon: Daemon): Promise<Listing> {
  const [networks, sandboxes] = await Promise.all([
    request(daemon, "GET", "/networks") as Promise<readonly ListedNetwork[]>,
    request(daemon, "GET", "/sandboxes") as Promise<readonly ListedSandbox[]>,
  ]);
  return { networks, sandboxes };
}
