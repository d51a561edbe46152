import type { SandboxView } from "../../../contract/mod.ts";
import type { ProcessSpec, SandboxNamespace } from "../../../model/mod.ts";
import { COMPOSE_LABELS, type ComposeService } from "../mod.ts";
import { type Change, compare, compareMaps, compareSecrets } from "./change.ts";
import { type PublishedPorts, portChanges } from "./port-changes.ts";

export interface SandboxContext {
  readonly view: SandboxView;
  /** As asked for: the service's, the project's own among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: SandboxNamespace;
  readonly defaultAddress: PublishedPorts["defaultAddress"];
}

/**
 * What would have to change for a sandbox to be as the file has it, its networks apart: those change while it runs, all of this
 * only by making it anew.
 */
export function sandboxChanges(service: ComposeService, context: SandboxContext): readonly Change[] {
  const { view } = context;
  return [
    ...(view.status.state === "dead" ? ["its network namespace is gone"] : []),
    ...compare("namespace", { was: view.namespace, want: context.namespace }),
    ...compare("host name", { was: givenHostname(view), want: service.hostname }),
    ...compare("domain name", { was: view.domainname, want: service.domainname }),
    ...compare("name servers", { was: view.resolver.servers, want: service.resolver.servers }),
    ...compare("search domains", { was: view.resolver.search, want: service.resolver.search }),
    ...compare("resolver options", { was: view.resolver.options, want: service.resolver.options }),
    ...compare("extra hosts", { was: view.extraHosts, want: service.extraHosts }),
    ...portChanges(service.ports, {
      ports: view.ports,
      ...(context.defaultAddress !== undefined && { defaultAddress: context.defaultAddress }),
    }),
    ...processChanges(service, view.process),
    ...labelChanges(context),
  ];
}

/** The engine calls those by their id that nobody named. */
function givenHostname({ hostname, id }: SandboxView): string | undefined {
  return hostname === id.slice(0, 12) ? undefined : hostname;
}

function processChanges(service: ComposeService, was: ProcessSpec | undefined): readonly Change[] {
  if (was === undefined) return ["it has no command"];
  return [
    ...compare("command", { was: was.command, want: service.command }),
    ...compareSecrets("environment", { was: was.environment, want: service.environment }),
    ...compare("working directory", { was: was.workingDirectory, want: service.workingDirectory }),
    ...compare("user", { was: was.user, want: service.user }),
    ...compare("stop signal", { was: was.stopSignal, want: service.stopSignal }),
    ...compare("stop timeout in ms", { was: was.stopTimeoutMs, want: service.stopTimeoutMs }),
    ...compare("restart policy", { was: was.restart, want: service.restart }),
    ...compare("healthcheck", { was: was.healthcheck, want: service.healthcheck }),
  ];
}

/** The order of taking down is no reason to make anything anew. */
function labelChanges({ view, labels }: SandboxContext): readonly Change[] {
  const rest = (all: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(all).filter(([key]) => key !== COMPOSE_LABELS.dependsOn));
  return compareMaps("label", { was: rest(view.labels), want: rest(labels) });
}
