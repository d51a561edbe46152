import type { RouteRequest } from "../../netlink/route/mod.ts";

/** One change to the kernel, not sent yet: a value to print, to collect and to send with others in one go. */
export interface Step {
  /** What an error says we tried: `create bridge "br0"`. */
  readonly operation: string;
  readonly request: RouteRequest;
}
