/** Whose an attachment is: the runtime's names of one ADD. */
export interface Owner {
  readonly network: string;
  readonly container: string;
  readonly ifname: string;
}

/** What an attachment consists of: each kind of plugin makes one part of it. */
export type PartKind = "link" | "addresses" | "ports" | "limits" | "settings" | "access";

/** The alias of its links, by which they are known to be ours. */
export function formatAlias({ network, container, ifname }: Owner): string {
  return `weft-cni ${network} ${container} ${ifname}`;
}

export function formatOwner({ network, container, ifname }: Owner): string {
  return `${ifname} of container ${container} on network ${network}`;
}
