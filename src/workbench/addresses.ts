import { Refusal } from "../contract/plain.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import { getLink } from "../insight/state/mod.ts";
import type { LinkSummary } from "../kernel/objects/mod.ts";
import { deleteAddressStep, type NewAddress, openRouteClient, type RouteClient } from "../kernel/route/mod.ts";
import { type InterfaceAddress, type IpAddress, prefixAddress } from "../net/mod.ts";
import { acting } from "./acting.ts";

type Place = Pick<OpenPlace, "netns">;

export interface AddressSpec extends Omit<NewAddress, "link" | "address"> {
  readonly link: string;
  /** All of them, or none. */
  readonly addresses: readonly InterfaceAddress[];
  /** What the link has already is left as it is: default; refused; or changed to what is wanted here. */
  readonly existing: "refuse" | "keep" | "replace";
}

/** @throws {Refusal} `conflict` when the link has one of them already. */
export function addAddresses({ netns }: Place, { link: name, addresses, existing, ...rest }: AddressSpec): void {
  using client = openRouteClient({ netns });
  const link = getLink(client.links.summaries(), name);
  const there = new Set(client.addresses.list({ link: link.index }).map(({ address }) => address));
  const wanted = [...new Set(addresses)].filter((address) => existing !== "keep" || !there.has(address));
  const added: InterfaceAddress[] = [];
  try {
    for (const address of wanted) {
      addOne(client, link, { ...rest, address, replace: existing === "replace" });
      if (!there.has(address)) added.push(address);
    }
  } catch (error) {
    client.attempt(added.map((address) => deleteAddressStep(link.index, address)));
    throw error;
  }
}

function addOne(
  client: RouteClient,
  { index, name }: LinkSummary,
  { replace, ...address }: Omit<NewAddress, "link"> & { readonly replace: boolean },
): void {
  const meanings = { EEXIST: ["conflict", `link ${name} has it already`] } as const;
  acting(`add address ${address.address}`, meanings, () => {
    if (replace) client.addresses.replace({ ...address, link: index });
    else client.addresses.add({ ...address, link: index });
  });
}

/**
 * Takes addresses from a link. Without a length, an address stands for the one that the link has.
 *
 * @returns Those that are gone: the kernel takes the others of a prefix with its first one, unless `promote_secondaries` is on.
 * @throws {Refusal} `not-found`
 */
export function removeAddress(
  { netns }: Place,
  { link: name, address }: { readonly link: string; readonly address: InterfaceAddress | IpAddress },
): readonly InterfaceAddress[] {
  using client = openRouteClient({ netns });
  const link = getLink(client.links.summaries(), name);
  const list = () => client.addresses.list({ link: link.index }).map((each) => each.address);
  const before = list();
  const found = before.find((each) => each === address || prefixAddress(each) === address);
  if (found === undefined) {
    const have = before.length === 0 ? "it has none" : `it has ${before.join(", ")}`;
    throw new Refusal("not-found", `Cannot remove address ${address}: link ${name} does not have it, ${have}`);
  }
  acting(`remove address ${found}`, {}, () => client.addresses.delete(link.index, found));
  const after = new Set(list());
  return before.filter((each) => !after.has(each));
}
