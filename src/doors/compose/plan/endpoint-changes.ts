import type { EndpointView } from "../../../contract/mod.ts";
import { addressFamily, type IpFamily, prefixAddress } from "../../../net/mod.ts";
import type { ComposeAttachment } from "../mod.ts";
import { type Change, compare } from "./change.ts";

/** What would have to change for an endpoint to be as the file has it. What the file does not name may be anything. */
export function endpointChanges(wanted: ComposeAttachment, view: EndpointView): readonly Change[] {
  const asked = <T>(field: string, was: T | undefined, want: T | undefined): readonly Change[] =>
    want === undefined ? [] : compare(field, { was, want });
  return [
    ...asked("IPv4 address", addressOf(view, "ipv4"), wanted.ipv4),
    ...asked("IPv6 address", addressOf(view, "ipv6"), wanted.ipv6),
    ...asked("MAC address", view.mac, wanted.mac),
    ...asked("interface name", view.interfaceName, wanted.interfaceName),
    ...compare("aliases", { was: [...view.aliases].sort(), want: [...wanted.aliases].sort() }),
    ...compare("link-local addresses", {
      was: view.linkLocalAddresses.map(prefixAddress),
      want: wanted.linkLocalAddresses ?? [],
    }),
    ...compare("links", { was: view.links, want: wanted.links ?? [] }),
    ...compare("gateway priority", { was: view.gatewayPriority, want: wanted.gatewayPriority }),
    ...compare("driver options", { was: view.driverOptions, want: wanted.driverOptions }),
  ];
}

function addressOf({ addresses }: EndpointView, family: IpFamily): string | undefined {
  return addresses.map(prefixAddress).find((address) => addressFamily(address) === family);
}
