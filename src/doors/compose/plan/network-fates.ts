import type { NetworkView } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import { isPredefinedNetwork } from "../../../model/mod.ts";
import { ipValue, prefixAddress, prefixesOverlap, prefixFamily } from "../../../net/mod.ts";
import { COMPOSE_LABELS, type ComposeNetwork, type ComposeProject, networkLabels } from "../mod.ts";
import type { Change } from "./change.ts";
import { networkChanges } from "./network-changes.ts";
import { isOfProject, type Observed } from "./observed.ts";
import { placeOf } from "./place.ts";

/** What becomes of a network of the files. */
export type NetworkFate =
  | { readonly kind: "keep"; readonly network: ComposeNetwork; readonly view: NetworkView | undefined }
  | { readonly kind: "create"; readonly network: ComposeNetwork }
  | {
      readonly kind: "remake";
      readonly network: ComposeNetwork;
      readonly view: NetworkView;
      readonly because: readonly Change[];
    };

/**
 * By the networks' keys, in the files' order.
 *
 * @throws {Refusal} when an external network is missing, or a name belongs to a network that is not the project's.
 */
export function decideNetworks(project: ComposeProject, observed: Observed): ReadonlyMap<string, NetworkFate> {
  const fates = project.networks.map((network) => makeRoom(decide(project, network, observed.networks), project));
  return new Map(fates.map((fate) => [fate.network.key, fate]));
}

/** A subnet that the engine once chose, or that the file once named, may be what another network names now. */
function makeRoom(fate: NetworkFate, { networks }: ComposeProject): NetworkFate {
  if (fate.kind !== "keep" || fate.network.external || fate.view === undefined) return fate;
  const { network, view } = fate;
  const own = network.subnets.map(({ prefix }) => prefix);
  const because = view.subnets
    .filter(({ prefix }) => !own.includes(prefix))
    .flatMap(({ prefix }) =>
      networks
        .filter((other) =>
          other.subnets.some((wish) => wish.prefix !== undefined && prefixesOverlap(wish.prefix, prefix)),
        )
        .map(({ name }) => `network ${name} wants its subnet ${prefix}`),
    );
  return because.length === 0 ? fate : { kind: "remake", network, view, because };
}

/** Whether every subnet of the network is named, and none is left to the engine. */
export function namesAllSubnets({ subnets, ipv4, ipv6 = false }: ComposeNetwork): boolean {
  const families = new Set(
    subnets.map(({ prefix }) => prefix && ipValue(prefixAddress(prefix)) !== 0n && prefixFamily(prefix)),
  );
  return (
    !families.has(false) &&
    !families.has(undefined) &&
    (!ipv4 || families.has("ipv4")) &&
    (!ipv6 || families.has("ipv6"))
  );
}

function decide(project: ComposeProject, network: ComposeNetwork, all: readonly NetworkView[]): NetworkFate {
  const named = all.find(({ name }) => name === network.name);
  if (network.external) return { kind: "keep", network, view: named ?? requirePredefined(network) };
  if (named !== undefined && !isOfProject(named, project.name)) {
    throw new Refusal(
      "conflict",
      `Cannot create network ${network.name}${placeOf(network.position, `networks.${network.key}`)}: ` +
        `there is one that is not project ${project.name}'s, want "external: true" to use it, or another name`,
    );
  }
  const view = named ?? all.find((other) => isFormer(other, project.name, network.key));
  if (view === undefined) return { kind: "create", network };
  const because = [
    ...(view.name === network.name ? [] : [`name was ${view.name}, want ${network.name}`]),
    ...networkChanges(network, { labels: networkLabels(project, network), view }),
  ];
  return because.length === 0 ? { kind: "keep", network, view } : { kind: "remake", network, view, because };
}

/** The project's network of that key, by another name. */
function isFormer(view: NetworkView, project: string, key: string): boolean {
  return isOfProject(view, project) && view.labels[COMPOSE_LABELS.network] === key;
}

function requirePredefined(network: ComposeNetwork): undefined {
  if (isPredefinedNetwork(network.name)) return undefined;
  throw new Refusal(
    "not-found",
    `Cannot use external network ${network.name}${placeOf(network.position, `networks.${network.key}`)}: ` +
      `there is none, want it made first: weft network create ${network.name}`,
  );
}
