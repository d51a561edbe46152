import { type LinkIndex, MAIN_TABLE } from "../../kernel/objects/mod.ts";
import { deleteRouteStep, type NewAddress, type RouteClient, replaceRouteStep } from "../../kernel/route/mod.ts";
import { type DhcpLease, leaseEndMs } from "../../model/mod.ts";
import { isDefaultRoute } from "../../net/mod.ts";
import { WEFT_PROTOCOL } from "./weft-protocol.ts";

/** The kernel counts in 32 bits, of which all ones mean for ever. */
const LONGEST_SECONDS = 0xffff_fffe;

/** How long the kernel keeps an address: it takes it away when the lease ends, also when no daemon is there to do so. */
export function lifetime(lease: DhcpLease): Pick<NewAddress, "validSeconds"> {
  const leftSeconds = Math.floor((leaseEndMs(lease) - Date.now()) / 1000);
  return Number.isFinite(leftSeconds) ? { validSeconds: Math.min(LONGEST_SECONDS, Math.max(1, leftSeconds)) } : {};
}

/** Puts the further routes of a link to what the lease says. */
export function routeAsLeased(route: RouteClient, link: LinkIndex, { routes }: DhcpLease): void {
  const wanted = new Set(routes.map(({ destination }) => destination));
  const stale = route.routes
    .list({ family: "ipv4", table: MAIN_TABLE })
    .filter(({ protocol, nextHops }) => protocol === WEFT_PROTOCOL && nextHops[0]?.link === link)
    .filter(({ destination }) => !isDefaultRoute(destination) && !wanted.has(destination));
  route.apply([
    ...stale.map(({ destination, table, priority, protocol }) =>
      deleteRouteStep({ destination, table, priority, protocol }),
    ),
    ...routes.map(({ destination, gateway }) =>
      replaceRouteStep({
        destination,
        nextHops: [{ link, ...(gateway !== undefined && { gateway }) }],
        protocol: WEFT_PROTOCOL,
      }),
    ),
  ]);
}
