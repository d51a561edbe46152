/** `inet` is IPv4 and IPv6 together. */
export type NftFamily = "inet" | "ip" | "ip6" | "bridge" | "arp" | "netdev";
export const nftFamilies: readonly NftFamily[] = ["inet", "ip", "ip6", "bridge", "arp", "netdev"];

/** What a table is found by. */
export interface NftTableId {
  readonly family: NftFamily;
  readonly name: string;
}

export interface NftTable extends NftTableId {
  readonly comment?: string;
  /** Its chains are not hooked: the table is there and does nothing. */
  readonly dormant?: boolean;
}

export function formatTableId(table: NftTableId): string {
  return `${table.family} ${table.name}`;
}
