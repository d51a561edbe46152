import { AddressClient, RouteTableClient } from "../kernel/route/mod.ts";
import type { InterfaceAddress, IpAddress, IpPrefix } from "../net/mod.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { openContainer } from "./attach-bridge.ts";
import { AttachmentError } from "./attachment-error.ts";
import { formatOwner, type Owner, type PartKind } from "./owner.ts";
import type { Workplace } from "./parts.ts";

/** What a container's link is to be like. */
export interface WantedLink {
  readonly netnsPath: string;
  readonly mac?: string;
  /** It is a macvlan of this mode. */
  readonly macvlanMode?: string;
  readonly addresses: readonly InterfaceAddress[];
  readonly routes: readonly { readonly destination: IpPrefix; readonly gateway?: IpAddress }[];
}

/**
 * Looks whether a part is as it was made: store, links of the host, elements of the firewall.
 *
 * @throws {AttachmentError} `missing`, with the first thing that is not there.
 */
export async function checkPart({ store, host }: Workplace, owner: Owner, kind: PartKind): Promise<void> {
  const part = store.findPart(owner, kind);
  if (part === undefined) throw missing(`${formatOwner(owner)} has no ${kind}`);
  for (const name of part.links) {
    const link = host.links.find(name);
    if (link === undefined) throw missing(`link ${name} of the host is gone`);
    if (!link.up) throw missing(`link ${name} of the host is down`);
    const bridge = part.facts["bridge"];
    if (typeof bridge === "string" && (link.master === undefined || host.links.find(link.master)?.name !== bridge)) {
      throw missing(`link ${name} is no port of ${bridge}`);
    }
  }
  const elements = store.elementsOf(owner, kind);
  if (elements.length === 0) return;
  const { missingElements } = await import("./apply/change-firewall.ts");
  const element = missingElements(host.netfilter, elements).find((one) => {
    const others = store.otherClaims(owner, kind, one).map(({ data }) => ({ ...one, data }));
    return missingElements(host.netfilter, others).length === others.length;
  });
  if (element !== undefined) {
    throw missing(`${element.key.join(" . ")} is not in set ${element.set} of table weft_cni`);
  }
}

/** Looks into the container. Further addresses and routes are of plugins that came later. @throws {AttachmentError} */
export function checkInside(ifname: string, wanted: WantedLink): void {
  using netns = openContainer(wanted.netnsPath);
  using inside = new NetworkKernel({ netns });
  const link = inside.links.list().find(({ name }) => name === ifname);
  if (link === undefined) throw missing(`${ifname} is not in ${wanted.netnsPath}`);
  if (!link.up) throw missing(`${ifname} is down`);
  if (wanted.mac !== undefined && link.mac !== wanted.mac.toLowerCase()) {
    throw missing(`${ifname} has MAC address ${link.mac}, want ${wanted.mac}`);
  }
  const { macvlanMode } = wanted;
  if (macvlanMode !== undefined && !(link.detail.kind === "macvlan" && link.detail.mode === macvlanMode)) {
    throw missing(`${ifname} is no macvlan of mode ${macvlanMode}`);
  }
  const addresses = new AddressClient(inside.route).list({ link: link.index }).map(({ address }) => address);
  const address = wanted.addresses.find((one) => !addresses.includes(one));
  if (address !== undefined) throw missing(`${ifname} has no address ${address}`);
  const routes = new RouteTableClient(inside.route).list();
  const route = wanted.routes.find(
    ({ destination, gateway }) =>
      !routes.some(
        (found) =>
          found.destination === destination &&
          (gateway === undefined || found.nextHops.some((hop) => hop.gateway === gateway)),
      ),
  );
  if (route !== undefined) {
    throw missing(
      `there is no route to ${route.destination}${route.gateway === undefined ? "" : ` via ${route.gateway}`}`,
    );
  }
}

function missing(message: string): AttachmentError {
  return new AttachmentError("missing", message);
}
