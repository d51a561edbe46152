import { expect, test } from "bun:test";
import { Refusal, type RefusalKind } from "../contract/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import { StoreError } from "../store/mod.ts";
import { SystemCallError } from "../sys/mod.ts";
import { IpamError } from "./ipam/mod.ts";
import { toRefusal } from "./refuse.ts";

const lacking = new KernelError('create ipvlan "x"', "EOPNOTSUPP");

test.each<[error: unknown, kind: RefusalKind]>([
  [new IpamError("exhausted", "Cannot choose an address"), "exhausted"],
  [new StoreError("locked", "Cannot open the state"), "conflict"],
  [new StoreError("full", "Cannot keep the network"), "storage"],
  [new KernelError("create a bridge", "EPERM"), "forbidden"],
  [lacking, "unsupported"],
  [new Error("Cannot make a link: this kernel lacks it", { cause: lacking }), "unsupported"],
  [new KernelError("create a bridge", "EBUSY"), "kernel"],
  [new SystemCallError("socket", "open a netlink socket (netfilter)", "EPROTONOSUPPORT"), "unsupported"],
  [new SystemCallError("setns", "enter a namespace", "EPERM"), "forbidden"],
  [new SystemCallError("write", "set a sysctl", "EINVAL"), "kernel"],
  [new Error("Cannot write a file", { cause: Object.assign(new Error("full"), { code: "ENOSPC" }) }), "storage"],
  [new SyntaxError("Cannot use option x"), "invalid"],
  [new TypeError("undefined is no function"), "internal"],
  ["a text", "internal"],
])("%p is %s", (error, kind) => {
  const refusal = toRefusal(error);
  expect(refusal).toMatchObject({ name: "Refusal", kind, message: error instanceof Error ? error.message : "a text" });
});

test("a refusal stays itself", () => {
  const refusal = new Refusal("in-use", "Cannot remove network net: sandboxes are on it");
  expect(toRefusal(refusal)).toBe(refusal);
});
