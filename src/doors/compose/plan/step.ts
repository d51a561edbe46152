import type { OperationRequest } from "../../../contract/mod.ts";
import { unreachable } from "../../../lib/mod.ts";
import type { Change } from "./change.ts";

/** What a dependent, or `--wait`, wants of a service. `running` is enough where nothing tells its health. */
export type WaitCondition = "running" | "healthy" | "completed";

/** One change of the engine's state, or one wait. Those that take away know how to put it back. */
export type Step =
  | { readonly kind: "create-network"; readonly network: string; readonly request: OperationRequest<"createNetwork"> }
  | {
      readonly kind: "remove-network";
      readonly network: string;
      readonly because: readonly Change[];
      /** Makes it again. */
      readonly restore: OperationRequest<"createNetwork">;
    }
  | {
      readonly kind: "connect";
      readonly sandbox: string;
      readonly network: string;
      readonly request: OperationRequest<"connect">;
    }
  | {
      readonly kind: "disconnect";
      readonly sandbox: string;
      readonly network: string;
      readonly because: readonly Change[];
      readonly restore: OperationRequest<"connect">;
    }
  | {
      /** Starts it too, unless the request says otherwise. */
      readonly kind: "create-sandbox";
      readonly sandbox: string;
      readonly service: string;
      readonly request: OperationRequest<"createSandbox">;
    }
  | {
      readonly kind: "start-sandbox";
      readonly sandbox: string;
      readonly service: string;
      readonly because: readonly Change[];
    }
  | {
      /** Stops it first. */
      readonly kind: "remove-sandbox";
      readonly sandbox: string;
      readonly because: readonly Change[];
      /** Makes it again, and starts it when it ran. */
      readonly restore: OperationRequest<"createSandbox">;
    }
  | {
      readonly kind: "wait";
      readonly sandbox: string;
      readonly service: string;
      readonly condition: WaitCondition;
      /** When false, those who wait go on also when it fails. */
      readonly required: boolean;
    };

export type WaitStep = Extract<Step, { readonly kind: "wait" }>;
/** A step that changes something. */
export type ChangeStep = Exclude<Step, WaitStep>;

/** A step and the places in the plan of those that come before it. */
export type PlannedStep = Step & { readonly after: readonly number[] };

export interface Plan {
  readonly project: string;
  /** Each after all that it waits for. */
  readonly steps: readonly PlannedStep[];
  /** Sentences about what is left as it is. */
  readonly warnings: readonly string[];
}

/** `remove sandbox web: command was "a", want "b"`. */
export function formatStep(step: Step): string {
  return `${nameStep(step)}${"because" in step && step.because.length > 0 ? `: ${step.because.join("; ")}` : ""}`;
}

function nameStep(step: Step): string {
  switch (step.kind) {
    case "create-network":
      return `create network ${step.network}`;
    case "remove-network":
      return `remove network ${step.network}`;
    case "connect":
      return `connect ${step.sandbox} to ${step.network}`;
    case "disconnect":
      return `disconnect ${step.sandbox} from ${step.network}`;
    case "create-sandbox":
      return `create ${step.sandbox}`;
    case "start-sandbox":
      return `start ${step.sandbox}`;
    case "remove-sandbox":
      return `remove ${step.sandbox}`;
    case "wait":
      return `wait until ${step.sandbox} ${step.condition === "completed" ? "has completed" : `is ${step.condition}`}`;
    default:
      return unreachable(step);
  }
}

/** The plan as a value for programs: field names are stable. */
export function describePlan({ project, steps, warnings }: Plan): unknown {
  return { project, steps: steps.map(describeStep), warnings };
}

function describeStep(step: PlannedStep): unknown {
  const { kind, after } = step;
  return {
    step: kind,
    ...("network" in step && { network: step.network }),
    ...("sandbox" in step && { sandbox: step.sandbox }),
    ...("service" in step && { service: step.service }),
    ...("condition" in step && { condition: step.condition }),
    because: "because" in step ? step.because : [],
    after,
  };
}
