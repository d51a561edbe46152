import type { RefusalKind } from "../../contract/mod.ts";

/** The status that a refusal travels with. The kind in the body is what counts; the status is for programs that look no further. */
export const refusalStatus: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "in-use": 409,
  exhausted: 409,
  kernel: 500,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
  storage: 507,
};
