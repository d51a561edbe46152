/** Whose an attachment is: the runtime's names of one ADD. */
export interface Owner {
  readonly network: string;
  readonly container: string;
  readonly ifname: string;
}

/** What an attachment consists of: each kind of plugin makes one part of it. */
export type PartKind = "link" | "addresses" | "ports" | "limits" | "settings" | "access";

export function formatOwner({ network, container, ifname }: Owner): string {
  return `${ifname} of container ${container} on network ${network}`;
}
