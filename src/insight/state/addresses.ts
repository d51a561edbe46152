import type { Address } from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import { addressFamily, type IpFamily, prefixAddress } from "../../net/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";
import { linkNames, type Ownership } from "./links.ts";

export interface AddressView extends Omit<Address, "link">, Ownership {
  readonly link: string;
  readonly family: IpFamily;
  /** What the address is called: a sandbox, or `NETWORK/gateway`. */
  readonly name?: string;
}

/** The addresses of a place, by link. */
export function viewAddresses(place: Pick<OpenPlace, "netns" | "ownerOf">, names: Names): readonly AddressView[] {
  using client = openRouteClient({ netns: place.netns });
  const links = linkNames(client.links.summaries());
  return client.addresses
    .list()
    .toSorted((a, b) => a.link - b.link)
    .map(({ link: index, ...rest }) => {
      const link = links.get(index) ?? String(index);
      const address = prefixAddress(rest.address);
      const name = names.ofAddress(address);
      return {
        link,
        family: addressFamily(address),
        ...rest,
        ...place.ownerOf(link),
        ...(name !== undefined && { name }),
      };
    });
}
