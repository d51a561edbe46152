import type { LinkName } from "../../net/mod.ts";
import type { LinkIndex } from "../objects/mod.ts";

/** A link by its number, or by its name where the number is not known yet: in the same batch as its creation. */
export type LinkRef = LinkIndex | LinkName;

export function formatLinkRef(link: LinkRef): string {
  return typeof link === "number" ? `link ${link}` : `link ${JSON.stringify(link)}`;
}

/** The header's and attributes' part that finds the link. */
export function findLinkBy(link: LinkRef): { readonly index: number; readonly ifname?: string } {
  return typeof link === "number" ? { index: link } : { index: 0, ifname: link };
}
