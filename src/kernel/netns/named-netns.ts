import { unreachable } from "../../lib/mod.ts";
import { bindNetns, createNetns, type Netns, openNetns, openNetnsOfPid, unbindNetns } from "../../sys/mod.ts";
import { type NetnsName, netnsPath } from "./netns-name.ts";

/**
 * Makes an empty namespace that `ip netns` lists.
 *
 * @param directory Where names are; default: that of `ip netns`. The same for the others here.
 * @throws {SystemCallError} `EEXIST` when the name is taken.
 */
export function createNamedNetns(name: NetnsName, directory?: string): Netns {
  using stack = new DisposableStack();
  const netns = stack.use(createNetns());
  nameNetns(netns, name, directory);
  stack.move(); // the caller owns it
  return netns;
}

/** Gives a namespace a name that keeps it alive. It may have several. @throws {SystemCallError} `EEXIST`. */
export function nameNetns(netns: Netns, name: NetnsName, directory?: string): void {
  bindNetns(netns, netnsPath(name, directory));
}

/** Takes a name away; what else holds the namespace keeps it. Harmless when there is no such name. */
export function unnameNetns(name: NetnsName, directory?: string): void {
  unbindNetns(netnsPath(name, directory));
}

export type NetnsReference =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "pid"; readonly pid: number }
  | { readonly kind: "name"; readonly name: NetnsName };

/** @throws {SystemCallError} `ENOENT`, `ESRCH`; `EINVAL` when the path is no network namespace. */
export function openReferencedNetns(reference: NetnsReference): Netns {
  switch (reference.kind) {
    case "path":
      return openNetns(reference.path);
    case "pid":
      return openNetnsOfPid(reference.pid);
    case "name":
      return openNetns(netnsPath(reference.name));
    default:
      return unreachable(reference);
  }
}
