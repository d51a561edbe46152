import type { InterfaceAddress, IpAddress } from "../../net/mod.ts";
import type { LinkIndex } from "./link-index.ts";

/** How far an address or route reaches; other numbers are possible and kept as such. */
export type ScopeName = "global" | "site" | "link" | "host" | "nowhere";
export type AddressScope = ScopeName | number;

/** An IP address on a link. */
export interface Address {
  readonly link: LinkIndex;
  readonly address: InterfaceAddress;
  /** The other end's, on point-to-point links. */
  readonly peer?: IpAddress;
  readonly broadcast?: IpAddress;
  /** IPv4 only: the link's name, or that with `:` and a word. */
  readonly label?: string;
  readonly scope: AddressScope;
  readonly secondary: boolean;
  /** IPv6: duplicate address detection is skipped. */
  readonly noDad: boolean;
  /** IPv6: duplicate address detection has not ended; nothing can bind to the address yet. */
  readonly tentative: boolean;
  /** IPv6: somebody else has the address. */
  readonly dadFailed: boolean;
  readonly deprecated: boolean;
  /** No route to the address's prefix was made with it. */
  readonly noPrefixRoute: boolean;
  readonly permanent: boolean;
  /** Metric of the prefix route, when it was set. */
  readonly routePriority?: number;
  /** Absent: for ever. */
  readonly validSeconds?: number;
  readonly preferredSeconds?: number;
  /** Who gave it, an `AddressProtocol` or a number of a program's own. Absent: nobody said, or the kernel is older than 5.18. */
  readonly protocol?: number;
}
