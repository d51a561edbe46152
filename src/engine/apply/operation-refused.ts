import { formatOperation, type Operation } from "../plan/operation.ts";

/** An operation that failed; what was applied before it has been taken back. */
export class OperationRefused extends Error {
  override readonly name = "OperationRefused";
  readonly operation: Operation;
  /** What could not be taken back: the next reconciliation finds it. */
  readonly undoErrors: readonly unknown[];

  constructor(operation: Operation, cause: unknown, undoErrors: readonly unknown[]) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot ${formatOperation(operation)}: ${reason}`, { cause });
    this.operation = operation;
    this.undoErrors = undoErrors;
  }
}
