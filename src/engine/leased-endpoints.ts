import { Refusal } from "../contract/mod.ts";
import { type DhcpLease, type Endpoint, type EndpointId, leaseEndMs } from "../model/mod.ts";
import { type IpAddress, prefixAddress, prefixFamily } from "../net/mod.ts";
import { type EngineContext, netnsPath } from "./context.ts";
import { isLeased } from "./drivers/driver.ts";
import { changeEndpoint } from "./endpoints.ts";
import { clientIdentity } from "./leases/client-identity.ts";
import type { LeaseStart, LeaseSubject } from "./leases/lease-keeper.ts";

/**
 * Endpoints whose IPv4 address a DHCP server gives. Between the making of the link and the address lie seconds in which other
 * changes go on: the endpoint is there without it, and who asked for it waits outside the queue of changes.
 */

/** How long somebody waits for a first address: RFC 2131 gives a server this long and more, and dnsmasq looks for three seconds whether the address is free. */
const PATIENCE_MS = 20_000;

/** The promises of those who wait for a first address. */
export type LeaseWaits = Map<EndpointId, PromiseWithResolvers<void>>;

/** Begins to ask; called where the endpoint is made. */
export function beginLease(context: EngineContext, endpoint: Endpoint, start: LeaseStart): void {
  const subject = subjectOf(context, endpoint);
  if (subject === undefined) return;
  const waiting = Promise.withResolvers<void>();
  waiting.promise.catch(() => {}); // nobody may be waiting any more
  context.leaseWaits.set(endpoint.id, waiting);
  context.leases.keep(subject, start);
}

/** Gives the address back; called before the link goes. Where a namespace has gone, its path may open another's by now. */
export function endLease(context: EngineContext, { id, sandbox }: Endpoint): void {
  if (context.dead.has(sandbox)) context.leases.forget(id);
  else context.leases.release(id);
  context.leaseWaits.get(id)?.reject(new Refusal("conflict", "Cannot get an address: the endpoint went meanwhile"));
  context.leaseWaits.delete(id);
}

/**
 * Waits until an endpoint that was just made has its first address. Not within a change: the address comes as one.
 *
 * @throws {Refusal} when none comes; the endpoint is the caller's to take back.
 */
export async function awaitLease(context: EngineContext, id: EndpointId, wish?: IpAddress): Promise<void> {
  const waiting = context.leaseWaits.get(id);
  if (waiting === undefined) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noLease(context, id)), PATIENCE_MS);
  });
  try {
    await Promise.race([waiting.promise, timeout]);
  } finally {
    clearTimeout(timer);
    context.leaseWaits.delete(id);
  }
  const given = context.state.endpoint(id)?.lease;
  if (wish === undefined || given === undefined || prefixAddress(given.address) === wish) return;
  throw new Refusal(
    "conflict",
    `Cannot use address ${wish}: the DHCP server ${given.server} gives ${prefixAddress(given.address)} in its place, want that, or a reservation there`,
  );
}

function noLease(context: EngineContext, id: EndpointId): Refusal {
  const endpoint = context.state.endpoint(id);
  const subject = endpoint && subjectOf(context, endpoint);
  const note = context.leases.noteOf(id);
  return new Refusal(
    "exhausted",
    `Cannot get an address for ${subject?.label ?? "an endpoint"}: no DHCP server on its parent gave one within ${PATIENCE_MS / 1000} seconds${note === undefined ? "" : ` (${note})`}, want a server there, or addresses of Weft's own by --subnet`,
  );
}

/** A lease is there, was renewed, or (without one) is over: endpoint, kernel and names follow. */
export function followLease(context: EngineContext, id: EndpointId, lease: DhcpLease | undefined): void {
  context.changes
    .runNext(async () => {
      const endpoint = context.state.endpoint(id);
      if (endpoint === undefined) return;
      if (lease !== undefined && !endpoint.addresses.includes(lease.address)) tellOfLease(context, endpoint, lease);
      await changeEndpoint(context, endpoint, withLease(endpoint, lease));
    })
    .then(
      () => context.leaseWaits.get(id)?.resolve(),
      (error) => {
        context.log("error", `Cannot follow a DHCP lease: ${error instanceof Error ? error.message : error}`);
        context.leaseWaits.get(id)?.reject(error);
      },
    );
}

function tellOfLease(context: EngineContext, endpoint: Endpoint, { address, server, leaseSeconds }: DhcpLease): void {
  const until = leaseSeconds === undefined ? "without an end" : `for ${leaseSeconds} s`;
  const label = subjectOf(context, endpoint)?.label ?? "an endpoint";
  context.log("info", `${label} has ${address} from DHCP server ${server}, ${until}`);
}

/** The endpoint with the lease's address in place of the one before; other families stay. */
function withLease({ lease: before, ...endpoint }: Endpoint, lease: DhcpLease | undefined): Endpoint {
  const others = endpoint.addresses.filter((address) => prefixFamily(address) !== "ipv4");
  const kept = lease ?? before;
  return {
    ...endpoint,
    addresses: lease === undefined ? others : [lease.address, ...others],
    ...(kept !== undefined && { lease: kept }),
  };
}

/** An address whose lease ended while no daemon was there is another's by now. */
export function withoutEndedLease(endpoint: Endpoint, nowMs: number): Endpoint {
  const { lease } = endpoint;
  return lease === undefined || leaseEndMs(lease) > nowMs ? endpoint : withLease(endpoint, undefined);
}

/** Goes on with the leases that an earlier daemon had; after a restart of the host by asking whether they still hold. */
export function takeUpLeases(context: EngineContext, { hostRestarted }: { readonly hostRestarted: boolean }): void {
  for (const endpoint of context.state.endpoints) {
    const subject = subjectOf(context, endpoint);
    if (subject === undefined) continue;
    context.leases.keep(subject, { lease: endpoint.lease, verify: hostRestarted });
  }
}

function subjectOf(context: EngineContext, endpoint: Endpoint): LeaseSubject | undefined {
  const network = context.state.network(endpoint.network);
  const sandbox = context.state.sandbox(endpoint.sandbox);
  const path = sandbox && netnsPath(context, sandbox);
  if (network === undefined || !isLeased(network) || sandbox === undefined || path === undefined) return undefined;
  return {
    endpoint: endpoint.id,
    netnsPath: path,
    interfaceName: endpoint.interfaceName,
    identity: clientIdentity(endpoint, sandbox, network),
    label: `sandbox ${sandbox.name} on network ${network.name}`,
  };
}
