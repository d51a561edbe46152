import type { SandboxStatus } from "../../../contract/mod.ts";
import type { WaitCondition } from "../plan/mod.ts";

export type Judgement =
  | { readonly kind: "met" }
  /** `reason` follows the service's name: "ended with exit code 1 before it was healthy". */
  | { readonly kind: "failed"; readonly reason: string };

/** A service that ends this often while somebody waits for it goes round in a circle. */
const MOST_ENDS = 5;

/** What a service's status means for those who wait for it; `undefined`: wait on. */
export function judgeWait(
  condition: WaitCondition,
  { status, ends }: { readonly status: SandboxStatus; readonly ends: number },
): Judgement | undefined {
  const { state, exitCode, health } = status;
  const failed = (reason: string): Judgement => ({ kind: "failed", reason });
  if (state === "dead") return failed("lost its network namespace");
  if (state === "exited") {
    if (condition === "completed" && exitCode === 0) return { kind: "met" };
    return failed(`${formatEnd(exitCode)}${beforeWhat(condition)}`);
  }
  if (state === "running") {
    if (condition === "running" || (condition === "healthy" && health === "healthy")) return { kind: "met" };
    if (health === "unhealthy") return failed("is unhealthy");
  }
  if (ends >= MOST_ENDS) return failed(`ended ${ends} times${beforeWhat(condition)}`);
  return undefined;
}

function formatEnd(exitCode: number | undefined): string {
  return exitCode === undefined ? "ended" : `ended with exit code ${exitCode}`;
}

function beforeWhat(condition: WaitCondition): string {
  return condition === "completed" ? "" : ` before it was ${condition === "healthy" ? "healthy" : "waited for"}`;
}
