import { type NetworkRequest, Refusal } from "../contract/mod.ts";
import { type Network, type NetworkTemplate, parseIpamOptions, type SubnetTemplate } from "../model/mod.ts";
import { prefixesOverlap } from "../net/mod.ts";
import { getNetwork } from "./lookup.ts";
import type { DesiredState } from "./plan/desired.ts";

/**
 * What a network that only configures others is made of. Options are for whichever driver those have, and are read then.
 *
 * @throws {Refusal} for what is not a network's configuration.
 */
export function makeTemplate(request: NetworkRequest): NetworkTemplate {
  const { name, internal, attachable, configFrom, owner } = request;
  const [operating] = Object.entries({ internal, attachable, configFrom, owner }).find(([, value]) => value) ?? [];
  if (operating !== undefined) {
    throw new Refusal(
      "invalid",
      `Cannot create network ${name} with configOnly and ${operating}: that is said of the network that is made after it, want it without`,
    );
  }
  const subnets = request.subnets.map(templateOf);
  for (const [index, { prefix }] of subnets.entries()) {
    const other = subnets
      .slice(0, index)
      .find((earlier) => earlier.prefix && prefix && prefixesOverlap(earlier.prefix, prefix));
    if (other !== undefined) {
      throw new Refusal(
        "invalid",
        `Cannot use subnet ${prefix}: it overlaps ${other.prefix} of the same network, want one that does not`,
      );
    }
  }
  parseIpamOptions(request.ipamOptions);
  return { subnets, ipv4: request.ipv4, ...(request.ipv6 !== undefined && { ipv6: request.ipv6 }) };
}

function templateOf({ prefix, gateway, range, auxiliary }: NetworkRequest["subnets"][number]): SubnetTemplate {
  return {
    ...(prefix !== undefined && { prefix }),
    ...(gateway !== undefined && { gateway }),
    ...(range !== undefined && { range }),
    ...(auxiliary !== undefined && { auxiliary }),
  };
}

/**
 * A request with what the network that it names has for it.
 *
 * @throws {Refusal} when that network carries packets, or the request says itself what comes from there.
 */
export function followTemplate(state: DesiredState, request: NetworkRequest): NetworkRequest {
  if (request.configFrom === undefined) return request;
  const source = getNetwork(state, request.configFrom);
  const action = `Cannot create network ${request.name} after network ${source.name}`;
  if (source.driver.kind !== "template") {
    throw new Refusal("invalid", `${action}: that is one for packets, want one that was made with configOnly`, {
      reason: { code: "not-template", network: source.name },
    });
  }
  const { subnets, ipv4, ipv6, ipamOptions, options, labels } = request;
  const said = {
    ...{ subnets: subnets.length > 0, "ipv4=false": !ipv4, ipv6: ipv6 !== undefined },
    ...{ ipamOptions: hasKeys(ipamOptions), options: hasKeys(options), labels: hasKeys(labels) },
  };
  const [own] = Object.entries(said).find(([, isSaid]) => isSaid) ?? [];
  if (own !== undefined) throw new Refusal("invalid", `${action} and with ${own} of its own: want one of the two`);
  const { template } = source.driver;
  return {
    ...request,
    subnets: [...template.subnets],
    ipv4: template.ipv4,
    ipv6: template.ipv6,
    ipamOptions: source.ipamOptions,
    options: source.options,
    labels: source.labels,
    configFrom: source.name,
  };
}

function hasKeys(map: object): boolean {
  return Object.keys(map).length > 0;
}

/** @throws {Refusal} while there are networks that were made after it. */
export function requireNoFollowers(state: DesiredState, { name }: Network): void {
  const followers = Array.from(state.networks).filter(({ configFrom }) => configFrom === name);
  if (followers.length === 0) return;
  const names = followers.map((follower) => follower.name).join(", ");
  throw new Refusal(
    "in-use",
    `Cannot remove network ${name}: networks were made after it (${names}), want them removed first`,
    { reason: { code: "has-followers", network: name } },
  );
}
