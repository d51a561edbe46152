import {
  type ComposeAttachment,
  type ComposeDependency,
  type ComposeNetwork,
  type ComposeService,
  connectRequest,
  networkRequest,
  sandboxRequest,
} from "../mod.ts";
import { Claims, namesAddress } from "./claims.ts";
import type { Draft } from "./draft.ts";
import { attachmentsOf, type Fates, type Reconnect } from "./fates.ts";
import { namesAllSubnets } from "./network-fates.ts";
import type { SandboxFate } from "./sandbox-fates.ts";
import type { WaitCondition } from "./step.ts";

export interface ComingContext {
  readonly reconnects: readonly Reconnect[];
  readonly wait: boolean;
}

/** Drafts what comes, after all that goes: networks, endpoints of those that stay, services as their dependencies allow. */
export function draftComing(draft: Draft, fates: Fates, { reconnects, wait }: ComingContext): void {
  const { project } = fates;
  const going = draft.all;
  const made = draftNetworks(draft, fates, going);
  const ground = (attachments: readonly ComposeAttachment[]): readonly number[] => [
    ...going,
    ...attachments.flatMap(({ network }) => made.get(network) ?? []),
  ];
  const claims = new Claims();
  const connected = new Map<string, number[]>();
  const connect = ({ service, attachment }: Reconnect): void => {
    const request = connectRequest(project, service, attachment);
    const step = { kind: "connect", sandbox: service.sandboxName, network: request.network, request } as const;
    const index = draft.add(step, [...ground([attachment]), ...claims.before([attachment])]);
    claims.add([attachment], index);
    connected.set(service.name, [...(connected.get(service.name) ?? []), index]);
  };
  const services = new ServiceDraft(draft, fates);

  for (const reconnect of reconnects.filter(({ attachment }) => namesAddress(attachment))) connect(reconnect);
  for (const service of servicesWithContestedAddress(fates, reconnects)) {
    const attachments = attachmentsOf(service);
    claims.add(attachments, services.addIdle(service, [...ground(attachments), ...claims.before(attachments)]));
  }
  for (const reconnect of reconnects.filter(({ attachment }) => !namesAddress(attachment))) connect(reconnect);
  for (const fate of fates.sandboxes.values()) {
    const attachments = attachmentsOf(fate.service);
    const before = [...ground(attachments), ...claims.before(attachments), ...(connected.get(fate.service.name) ?? [])];
    services.addStart(fate, before);
  }
  if (wait) for (const fate of fates.sandboxes.values()) services.addFinalWait(fate);
}

/**
 * New services with an address of their own on a network where the engine is to choose one for somebody else. They take it at once, and
 * start when their dependencies allow.
 */
function servicesWithContestedAddress(
  { sandboxes }: Fates,
  reconnects: readonly Reconnect[],
): readonly ComposeService[] {
  const coming = Array.from(sandboxes.values()).flatMap(({ kind, service }) => (kind === "keep" ? [] : [service]));
  const chosen = [...coming.flatMap(attachmentsOf), ...reconnects.map(({ attachment }) => attachment)]
    .filter((attachment) => !namesAddress(attachment))
    .map(({ network }) => network);
  return coming.filter((service) =>
    attachmentsOf(service).some((attachment) => namesAddress(attachment) && chosen.includes(attachment.network)),
  );
}

/** Networks that name their subnets come first: the engine must not choose one of those for another. @returns Places by key. */
function draftNetworks(
  draft: Draft,
  { project, networks }: Fates,
  going: readonly number[],
): ReadonlyMap<string, number> {
  const coming = Array.from(networks.values()).flatMap(({ kind, network }) => (kind === "keep" ? [] : [network]));
  const places = new Map<string, number>();
  const add = (network: ComposeNetwork, after: readonly number[]): void => {
    const request = networkRequest(project, network);
    places.set(network.key, draft.add({ kind: "create-network", network: network.name, request }, after));
  };
  for (const network of coming.filter(namesAllSubnets)) add(network, going);
  const named = [...places.values()];
  for (const network of coming.filter((one) => !namesAllSubnets(one))) add(network, [...going, ...named]);
  return places;
}

/** The part of a draft that starts services and waits for them. */
class ServiceDraft {
  readonly #draft: Draft;
  readonly #fates: Fates;
  /** The step that starts a service; none for one that runs already. */
  readonly #starts = new Map<string, number>();
  /** By service and condition: several may wait for the same. */
  readonly #waits = new Map<string, number>();
  /** The step that makes a service's sandbox before it starts. */
  readonly #idle = new Map<string, number>();
  /** Services that somebody wants to run to their end: with that they have done their part. */
  readonly #jobs: ReadonlySet<string>;

  constructor(draft: Draft, fates: Fates) {
    this.#draft = draft;
    this.#fates = fates;
    this.#jobs = new Set(
      fates.project.services.flatMap(({ dependencies }) =>
        dependencies.flatMap(({ service, condition }) =>
          condition === "service_completed_successfully" ? [service] : [],
        ),
      ),
    );
  }

  addStart(fate: SandboxFate, before: readonly number[]): void {
    const { service } = fate;
    const { sandboxName: sandbox } = service;
    if (fate.kind === "keep") {
      const because = this.#whyStart(fate);
      if (because === undefined) return;
      const after = [...before, ...this.#dependencies(service)];
      this.#starts.set(
        service.name,
        this.#draft.add({ kind: "start-sandbox", sandbox, service: service.name, because: [because] }, after),
      );
      return;
    }
    const idle = this.#idle.get(service.name);
    const after = [...before, ...this.#dependencies(service), ...(idle === undefined ? [] : [idle])];
    const step =
      idle === undefined
        ? ({ kind: "create-sandbox", request: sandboxRequest(this.#fates.project, service) } as const)
        : ({ kind: "start-sandbox", because: [] } as const);
    this.#starts.set(service.name, this.#draft.add({ ...step, sandbox, service: service.name }, after));
  }

  /** Makes the sandbox with its endpoints; `addStart` starts it then. @returns The step's place. */
  addIdle(service: ComposeService, before: readonly number[]): number {
    const request = { ...sandboxRequest(this.#fates.project, service), start: false };
    const { sandboxName: sandbox, name } = service;
    const index = this.#draft.add({ kind: "create-sandbox", sandbox, service: name, request }, before);
    this.#idle.set(name, index);
    return index;
  }

  addFinalWait({ service }: SandboxFate): void {
    const condition = this.#jobs.has(service.name) ? "completed" : service.healthcheck ? "healthy" : "running";
    this.#wait(service.name, { condition, required: true });
  }

  /** Why a sandbox that stays has to be started; `undefined` when it runs, or has done its part. */
  #whyStart(fate: SandboxFate & { readonly kind: "keep" }): string | undefined {
    const { state, exitCode } = fate.view.status;
    if (state === "created") return "it was never started";
    if (state !== "exited" || this.#hasCompleted(fate)) return undefined;
    return exitCode === undefined ? "it has ended" : `it has ended with exit code ${exitCode}`;
  }

  #hasCompleted({ service, view }: SandboxFate & { readonly kind: "keep" }): boolean {
    return this.#jobs.has(service.name) && view.status.state === "exited" && view.status.exitCode === 0;
  }

  #dependencies(service: ComposeService): readonly number[] {
    return service.dependencies.flatMap((dependency) => this.#dependency(dependency));
  }

  #dependency({ service, condition, required }: ComposeDependency): readonly number[] {
    switch (condition) {
      case "service_started": {
        const index = this.#starts.get(service);
        return index === undefined ? [] : [index];
      }
      case "service_healthy":
        return this.#wait(service, { condition: "healthy", required });
      case "service_completed_successfully":
        return this.#wait(service, { condition: "completed", required });
    }
  }

  #wait(
    name: string,
    { condition, required }: { readonly condition: WaitCondition; readonly required: boolean },
  ): readonly number[] {
    const key = `${name} ${condition} ${required}`;
    const known = this.#waits.get(key);
    if (known !== undefined) return [known];
    const fate = this.#fates.sandboxes.get(name);
    const start = this.#starts.get(name);
    if (fate === undefined || (start === undefined && this.#isMet(fate, condition))) return [];
    const { sandboxName: sandbox } = fate.service;
    const after = start === undefined ? [] : [start];
    const index = this.#draft.add({ kind: "wait", sandbox, service: name, condition, required }, after);
    this.#waits.set(key, index);
    return [index];
  }

  #isMet(fate: SandboxFate, condition: WaitCondition): boolean {
    if (fate.kind !== "keep") return false;
    if (condition === "completed") return this.#hasCompleted(fate);
    const { state, health } = fate.view.status;
    return state === "running" && (condition === "running" || health === "healthy");
  }
}
