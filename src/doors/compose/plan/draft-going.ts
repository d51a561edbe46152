import type { EndpointView, NetworkView, SandboxView } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import { hasEndpoints } from "../../../model/mod.ts";
import { prefixAddress } from "../../../net/mod.ts";
import { COMPOSE_LABELS, type ComposeService } from "../mod.ts";
import type { Change } from "./change.ts";
import { claimant } from "./claims.ts";
import { type Draft, draftRemovals, type Removal } from "./draft.ts";
import { endpointChanges } from "./endpoint-changes.ts";
import { attachmentsOf, type Fates, type Reconnect } from "./fates.ts";
import type { NetworkFate } from "./network-fates.ts";
import { isOfProject, type Observed, serviceOf } from "./observed.ts";
import { placeOf } from "./place.ts";
import { endpointOf, networkOf } from "./restore.ts";
import { driverOf } from "./sandbox-fates.ts";

export interface GoingContext {
  readonly observed: Observed;
  readonly removeOrphans: boolean;
}

export interface Going {
  readonly warnings: readonly string[];
  /** What must be attached, again or for the first time, once the networks are there. */
  readonly reconnects: readonly Reconnect[];
}

/** Drafts what goes: sandboxes, then endpoints of those that stay, then networks. */
export function draftGoing(draft: Draft, fates: Fates, context: GoingContext): Going {
  const orphans = findOrphans(fates, context.observed);
  draftRemovals(draft, chooseRemovals(fates, context, orphans), context.observed);
  const reconnects = Array.from(fates.sandboxes.values()).flatMap((fate) =>
    fate.kind === "keep" ? draftDisconnects(draft, fates, fate) : [],
  );
  draftNetworkRemovals(draft, fates);
  const kept = orphans.filter(({ name }) => !isRemoved(draft, name));
  const warnings = kept.map(
    (view) => `sandbox ${view.name} of service ${serviceOf(view)} is in no file any more: --remove-orphans removes it`,
  );
  return { warnings: [...warnings, ...draftOrphanNetworks(draft, fates, context)], reconnects };
}

/** The project's sandboxes of services that no file has. */
function findOrphans({ project }: Fates, { sandboxes }: Observed): readonly SandboxView[] {
  return sandboxes.filter(
    (view) => isOfProject(view, project.name) && !project.declared.services.includes(serviceOf(view) ?? ""),
  );
}

function chooseRemovals(
  { project, sandboxes }: Fates,
  { observed, removeOrphans }: GoingContext,
  orphans: readonly SandboxView[],
): readonly Removal[] {
  const wantedNames = project.services.map(({ sandboxName }): string => sandboxName);
  const views = Array.from(sandboxes.values()).flatMap((fate) => (fate.kind === "create" ? [] : [fate.view]));
  const doubles = observed.sandboxes.filter(
    (view) => isOfProject(view, project.name) && sandboxes.has(serviceOf(view) ?? "") && !views.includes(view),
  );
  return [
    ...Array.from(sandboxes.values()).flatMap((fate) => (fate.kind === "remake" ? [fate] : [])),
    ...doubles.map((view) => ({ view, because: [`service ${serviceOf(view)} has another sandbox`] })),
    ...orphans
      .filter(({ name }) => removeOrphans || wantedNames.includes(name))
      .map((view) => ({ view, because: [`service ${serviceOf(view)} is in no file any more`] })),
  ];
}

/** @returns What is wanted and not there afterwards. */
function draftDisconnects(
  draft: Draft,
  fates: Fates,
  { service, view }: { readonly service: ComposeService; readonly view: SandboxView },
): readonly Reconnect[] {
  const wanted = new Map(
    attachmentsOf(service).flatMap((attachment) => {
      const fate = fates.networks.get(attachment.network);
      return fate === undefined || !hasEndpoints(driverOf(fate)) ? [] : [[attachment, fate] as const];
    }),
  );
  for (const endpoint of view.endpoints) {
    const found = [...wanted].find(([, fate]) => nameBefore(fate) === endpoint.networkName);
    const because =
      found === undefined ? ["the files do not name it"] : whyApart(fates, { service, attachment: found[0], endpoint });
    if (because.length > 0) {
      const { networkName: network } = endpoint;
      draft.add({ kind: "disconnect", sandbox: view.name, network, because, restore: endpointOf(endpoint) });
    } else if (found !== undefined) wanted.delete(found[0]);
  }
  return Array.from(wanted.keys(), (attachment) => ({ service, attachment }));
}

function nameBefore(fate: NetworkFate): string {
  return fate.kind === "remake" ? fate.view.name : fate.network.name;
}

/** Why an endpoint cannot stay as it is; nothing when it can. */
function whyApart(
  fates: Fates,
  { service, attachment, endpoint }: Reconnect & { readonly endpoint: EndpointView },
): readonly Change[] {
  if (fates.networks.get(attachment.network)?.kind !== "keep") return ["the network is made anew"];
  // An address that the engine once chose may be what the files name for another now.
  const claimed = endpoint.addresses.map(prefixAddress).flatMap((address) => {
    const other = claimant(fates.project, { network: attachment.network, address, service: service.name });
    return other === undefined ? [] : [`service ${other} wants its address ${address}`];
  });
  return [...endpointChanges(attachment, endpoint), ...claimed];
}

function draftNetworkRemovals(draft: Draft, { project, networks }: Fates): void {
  const before = draft.all;
  for (const fate of networks.values()) {
    if (fate.kind !== "remake") continue;
    const { network, view, because } = fate;
    const holder = stayingHolders(draft, view)[0];
    if (holder !== undefined) {
      throw new Refusal(
        "in-use",
        `Cannot make network ${view.name} anew${placeOf(network.position, `networks.${network.key}`)}, ` +
          `though ${because.join("; ")}: sandbox ${holder} is on it and no service of project ${project.name} to be brought up, want it off`,
      );
    }
    draft.add({ kind: "remove-network", network: view.name, because, restore: networkOf(view) }, before);
  }
}

/** Who would still be on the network after the steps so far. */
function stayingHolders(draft: Draft, view: NetworkView): readonly string[] {
  return view.endpoints
    .map(({ sandboxName }) => sandboxName)
    .filter((name) => !isRemoved(draft, name))
    .filter(
      (name) =>
        !draft.steps.some((step) => step.kind === "disconnect" && step.sandbox === name && step.network === view.name),
    );
}

function isRemoved(draft: Draft, sandbox: string): boolean {
  return draft.steps.some((step) => step.kind === "remove-sandbox" && step.sandbox === sandbox);
}

/**
 * The project's networks that nothing to be brought up uses. They are removed when that is asked for and nobody stays on them; of those
 * that no file has any more, a warning is given otherwise.
 */
function draftOrphanNetworks(draft: Draft, fates: Fates, { observed, removeOrphans }: GoingContext): readonly string[] {
  const { project, networks } = fates;
  const before = draft.all;
  const used = Array.from(networks.values()).flatMap((fate) => (fate.kind === "create" ? [] : [fate.view?.name]));
  const warnings: string[] = [];
  for (const view of observed.networks) {
    if (!isOfProject(view, project.name) || used.includes(view.name)) continue;
    const isDeclared = project.declared.networks.includes(view.labels[COMPOSE_LABELS.network] ?? "");
    const holders = stayingHolders(draft, view);
    if (removeOrphans && holders.length === 0) {
      const because = [isDeclared ? "no service is on it any more" : "it is in no file any more"];
      draft.add({ kind: "remove-network", network: view.name, because, restore: networkOf(view) }, before);
    } else if (!isDeclared) {
      const how = holders.length > 0 ? `${holders.join(", ")} on it` : "--remove-orphans removes it";
      warnings.push(`network ${view.name} is in no file any more: ${how}`);
    }
  }
  return warnings;
}
