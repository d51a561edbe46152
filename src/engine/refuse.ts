import { Refusal, type RefusalKind } from "../contract/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import { StoreError } from "../store/mod.ts";
import { IpamError } from "./ipam/mod.ts";
import { PortError } from "./ports/mod.ts";

/** Any error as a refusal of the contract, with the words that it has. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal(refusalKind(error), message, { cause: error });
}

function refusalKind(error: unknown): RefusalKind {
  if (error instanceof IpamError || error instanceof PortError) return error.kind;
  if (error instanceof StoreError) return error.code === "conflict" || error.code === "locked" ? "conflict" : "storage";
  if (error instanceof KernelError) {
    if (error.errno === "EPERM") return "forbidden";
    return error.errno === "EOPNOTSUPP" ? "unsupported" : "kernel";
  }
  if (error instanceof SyntaxError) return "invalid";
  if (error instanceof Error && error.cause !== undefined) return refusalKind(error.cause);
  return "internal";
}
