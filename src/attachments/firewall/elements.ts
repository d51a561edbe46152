import type { FirewallSetName } from "./layout.ts";

/** One element of a set or map of table `inet weft_cni` or `bridge weft_cni`, as text parts. */
export interface FirewallElement {
  readonly set: FirewallSetName;
  readonly key: readonly string[];
  readonly data?: readonly string[];
}
