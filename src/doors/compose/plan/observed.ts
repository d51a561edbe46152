import type { NetworkView, SandboxView } from "../../../contract/mod.ts";
import { COMPOSE_LABELS } from "../mod.ts";

/** All that the engine has, the project's and others'. */
export interface Observed {
  readonly networks: readonly NetworkView[];
  readonly sandboxes: readonly SandboxView[];
}

export function isOfProject(
  { labels }: { readonly labels: Readonly<Record<string, string>> },
  project: string,
): boolean {
  return labels[COMPOSE_LABELS.project] === project;
}

/** The service that a sandbox is of. */
export function serviceOf({ labels }: SandboxView): string | undefined {
  return labels[COMPOSE_LABELS.service];
}

/** The services that a sandbox was started after, as its label says. */
export function startedAfter({ labels }: SandboxView): readonly string[] {
  const text = labels[COMPOSE_LABELS.dependsOn] ?? "";
  return text === "" ? [] : text.split(",").map((part) => part.split(":")[0] ?? "");
}
