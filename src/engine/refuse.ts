import { Refusal, type RefusalKind } from "../contract/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import { StoreError } from "../store/mod.ts";
import { type Errno, SystemCallError } from "../sys/mod.ts";
import { DriverError } from "./drivers/driver-error.ts";
import { IpamError } from "./ipam/mod.ts";
import { PortError } from "./ports/mod.ts";

/** Any error as a refusal of the contract, with the words that it has. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal(refusalKind(error), message, {
    cause: error,
    ...(error instanceof IpamError && { reason: { code: "address-space" } as const }),
  });
}

function refusalKind(error: unknown): RefusalKind {
  if (error instanceof IpamError || error instanceof PortError || error instanceof DriverError) return error.kind;
  if (error instanceof StoreError) return error.code === "conflict" || error.code === "locked" ? "conflict" : "storage";
  if (error instanceof KernelError || error instanceof SystemCallError) return kernelRefusal(error.errno);
  if (error instanceof SyntaxError) return "invalid";
  if (isOfFileSystem(error)) return "storage";
  if (error instanceof Error && error.cause !== undefined) return refusalKind(error.cause);
  return "internal";
}

/** A feature that this kernel was built without. */
const LACKING: readonly Errno[] = ["EOPNOTSUPP", "EPROTONOSUPPORT", "EAFNOSUPPORT", "ENOSYS"];

function kernelRefusal(errno: Errno): RefusalKind {
  if (errno === "EPERM" || errno === "EACCES") return "forbidden";
  return LACKING.includes(errno) ? "unsupported" : "kernel";
}

/** As node:fs throws them. */
const UNWRITABLE: readonly string[] = ["ENOSPC", "EDQUOT", "EROFS", "EIO"];

function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && "code" in error && UNWRITABLE.includes(String(error.code));
}
