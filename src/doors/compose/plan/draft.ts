import type { SandboxView } from "../../../contract/mod.ts";
import type { Change } from "./change.ts";
import { type Observed, serviceOf, startedAfter } from "./observed.ts";
import { sandboxOf } from "./restore.ts";
import type { PlannedStep, Step } from "./step.ts";

/** A plan in the making. */
export class Draft {
  readonly steps: PlannedStep[] = [];

  /** @returns Its place, for those that come after it. */
  add(step: Step, after: readonly number[] = []): number {
    return this.steps.push({ ...step, after: [...new Set(after)].sort((a, b) => a - b) }) - 1;
  }

  /** The places of all steps so far. */
  get all(): readonly number[] {
    return this.steps.map((_, index) => index);
  }
}

export interface Removal {
  readonly view: SandboxView;
  readonly because: readonly Change[];
}

/** Adds the removals: whoever depends on a sandbox, or lives in its namespace, goes before it. */
export function draftRemovals(
  draft: Draft,
  removals: readonly Removal[],
  { sandboxes }: Pick<Observed, "sandboxes">,
): void {
  const nameOf = (id: string): string => sandboxes.find((view) => view.id === id)?.name ?? id;
  const done = new Map<Removal, number>();
  const visit = (removal: Removal, trail: readonly Removal[]): readonly number[] => {
    const known = done.get(removal);
    if (known !== undefined) return [known];
    if (trail.includes(removal)) return []; // labels of two versions of a file may form a circle
    const { view, because } = removal;
    const before = removals
      .filter((other) => other !== removal && leansOn(other.view, view))
      .flatMap((other) => visit(other, [...trail, removal]));
    const index = draft.add(
      { kind: "remove-sandbox", sandbox: view.name, because, restore: sandboxOf(view, nameOf) },
      before,
    );
    done.set(removal, index);
    return [index];
  };
  for (const removal of [...removals].reverse()) visit(removal, []);
}

function leansOn(view: SandboxView, other: SandboxView): boolean {
  if (view.namespace.kind === "shared" && view.namespace.sandbox === other.id) return true;
  const service = serviceOf(other);
  return service !== undefined && startedAfter(view).includes(service);
}
