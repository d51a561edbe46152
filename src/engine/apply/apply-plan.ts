import { inverseOperation, type Operation } from "../plan/operation.ts";
import { type HostKernel, openSandboxKernel, type SandboxKernel } from "./host-kernel.ts";
import { OperationRefused } from "./operation-refused.ts";
import { performOperation } from "./perform-operation.ts";

/**
 * Applies a plan in order. When an operation fails, those before it are taken back in reverse order.
 *
 * @param commit Makes the change durable when all is applied; when it throws, all is taken back too.
 * @throws {OperationRefused} which operation failed and why, and what could not be taken back.
 */
export async function applyPlan(
  kernel: HostKernel,
  operations: readonly Operation[],
  commit: () => void = () => {},
): Promise<void> {
  using opened = new OpenedSandboxes();
  const applied: Operation[] = [];
  for (const operation of operations) {
    try {
      await performOperation(kernel, opened, operation);
      applied.push(operation);
    } catch (error) {
      const undoErrors = await takeBack(kernel, opened, applied);
      throw new OperationRefused(operation, error, undoErrors);
    }
  }
  try {
    commit();
  } catch (error) {
    await takeBack(kernel, opened, applied);
    throw error;
  }
}

/**
 * Applies each operation whatever becomes of the others: for repair, where one broken sandbox must not hold up the rest.
 *
 * @returns the failures.
 */
export async function applyEach(
  kernel: HostKernel,
  operations: readonly Operation[],
): Promise<readonly OperationRefused[]> {
  using opened = new OpenedSandboxes();
  const failures: OperationRefused[] = [];
  for (const operation of operations) {
    try {
      await performOperation(kernel, opened, operation);
    } catch (error) {
      failures.push(new OperationRefused(operation, error, []));
    }
  }
  return failures;
}

async function takeBack(
  kernel: HostKernel,
  opened: OpenedSandboxes,
  applied: readonly Operation[],
): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const operation of applied.toReversed()) {
    const inverse = inverseOperation(operation);
    if (inverse === undefined) continue;
    try {
      await performOperation(kernel, opened, inverse);
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

/** The namespaces that one plan has been into: each is opened once, and all are closed with the plan. */
export class OpenedSandboxes implements Disposable {
  readonly #byPath = new Map<string, SandboxKernel>();

  at(path: string): SandboxKernel {
    let sandbox = this.#byPath.get(path);
    if (sandbox === undefined) {
      sandbox = openSandboxKernel(path);
      this.#byPath.set(path, sandbox);
    }
    return sandbox;
  }

  /** Lets go of a namespace that is about to be deleted. */
  close(path: string): void {
    this.#byPath.get(path)?.[Symbol.dispose]();
    this.#byPath.delete(path);
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#byPath.keys()]) this.close(path);
  }
}
