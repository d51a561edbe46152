import { Draft, draftRemovals } from "./draft.ts";
import { isOfProject, type Observed } from "./observed.ts";
import { networkOf } from "./restore.ts";
import type { Plan } from "./step.ts";

/** Everything that carries the project's label goes, whatever the files say by now. External networks carry none. */
export function planDown(project: string, observed: Observed): Plan {
  const draft = new Draft();
  const sandboxes = observed.sandboxes.filter((view) => isOfProject(view, project));
  draftRemovals(
    draft,
    sandboxes.map((view) => ({ view, because: [] })),
    observed,
  );
  for (const view of observed.networks.filter((network) => isOfProject(network, project))) {
    const holders = view.endpoints.map(({ sandboxName }) => sandboxName);
    const after = draft.steps.flatMap((step, index) =>
      step.kind === "remove-sandbox" && holders.includes(step.sandbox) ? [index] : [],
    );
    draft.add({ kind: "remove-network", network: view.name, because: [], restore: networkOf(view) }, after);
  }
  return { project, steps: draft.steps, warnings: [] };
}
