import type { SandboxView } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import { BRIDGE_OPTIONS, type NetworkDriverKind, type SandboxNamespace } from "../../../model/mod.ts";
import { type IpAddress, parseIpAddress } from "../../../net/mod.ts";
import { type ComposeProject, type ComposeService, sandboxLabels } from "../mod.ts";
import type { Change } from "./change.ts";
import type { NetworkFate } from "./network-fates.ts";
import { isOfProject, type Observed, serviceOf } from "./observed.ts";
import { placeOf } from "./place.ts";
import { sandboxChanges } from "./sandbox-changes.ts";

/** What becomes of a service's sandbox; of its networks apart. */
export type SandboxFate =
  | { readonly kind: "keep"; readonly service: ComposeService; readonly view: SandboxView }
  | { readonly kind: "create"; readonly service: ComposeService }
  | {
      readonly kind: "remake";
      readonly service: ComposeService;
      readonly view: SandboxView;
      readonly because: readonly Change[];
    };

/**
 * By the services' names, dependencies first.
 *
 * @throws {Refusal} when a name belongs to a sandbox that is not the project's.
 */
export function decideSandboxes(
  project: ComposeProject,
  observed: Observed,
  networks: ReadonlyMap<string, NetworkFate>,
): ReadonlyMap<string, SandboxFate> {
  const fates = new Map<string, SandboxFate>();
  for (const service of project.services) {
    const labels = sandboxLabels(project, service);
    const view = findSandbox(project, service, observed);
    if (view === undefined) {
      fates.set(service.name, { kind: "create", service });
      continue;
    }
    const namespace = wantedNamespace(service, fates, networks);
    const because = [
      ...(view.name === service.sandboxName ? [] : [`name was ${view.name}, want ${service.sandboxName}`]),
      ...(typeof namespace === "string"
        ? [`the sandbox ${namespace} whose namespace it lives in is made anew`]
        : sandboxChanges(service, { view, labels, namespace, defaultAddress: hostBinding(service, networks) })),
    ];
    fates.set(
      service.name,
      because.length === 0 ? { kind: "keep", service, view } : { kind: "remake", service, view, because },
    );
  }
  return fates;
}

function findSandbox(
  project: ComposeProject,
  service: ComposeService,
  { sandboxes }: Observed,
): SandboxView | undefined {
  const named = sandboxes.find(({ name }) => name === service.sandboxName);
  if (named !== undefined && !isOfProject(named, project.name)) {
    throw new Refusal(
      "conflict",
      `Cannot create sandbox ${service.sandboxName}${placeOf(service.position, `services.${service.name}`)}: ` +
        `there is one that is not project ${project.name}'s, want it removed, or another container_name`,
    );
  }
  const own = sandboxes.filter((view) => isOfProject(view, project.name) && serviceOf(view) === service.name);
  return own.find((view) => view === named) ?? own[0];
}

/** A text is the name of a sandbox that is not there yet, or goes. */
function wantedNamespace(
  { networking }: ComposeService,
  fates: ReadonlyMap<string, SandboxFate>,
  networks: ReadonlyMap<string, NetworkFate>,
): SandboxNamespace | string {
  switch (networking.kind) {
    case "host":
      return { kind: "host" };
    case "none":
      return { kind: "own" };
    case "service": {
      const owner = fates.get(networking.service);
      if (owner?.kind === "keep") return { kind: "shared", sandbox: owner.view.id };
      return owner?.service.sandboxName ?? networking.service;
    }
    case "networks":
      return {
        kind: networking.attachments.some(({ network }) => driverOf(networks.get(network)) === "host") ? "host" : "own",
      };
  }
}

/** `host` and `none` are networks too, by their external names; nothing is attached to them. */
export function driverOf(fate: NetworkFate | undefined): NetworkDriverKind {
  return (fate?.kind === "keep" ? fate.view?.driver.kind : fate?.network.driver) ?? "bridge";
}

/** Where the service's ports are published when they name no address. */
function hostBinding(service: ComposeService, networks: ReadonlyMap<string, NetworkFate>): IpAddress | undefined {
  if (service.networking.kind !== "networks") return undefined;
  const fates = service.networking.attachments.map(({ network }) => networks.get(network));
  const first = fates.find((fate) => driverOf(fate) === "bridge");
  const options = first?.kind === "keep" && first.view !== undefined ? first.view.options : first?.network.options;
  const text = options?.[BRIDGE_OPTIONS.hostBinding];
  return text === undefined || text === "" || /^[0.:]+$/.test(text) ? undefined : parseIpAddress(text);
}
