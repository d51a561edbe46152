import { dlopen, FFIType } from "bun:ffi";
import { closeSync, openSync } from "node:fs";

const { symbols } = dlopen("libc.so.6", { setns: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });
const CLONE_NEWNET = 0x40000000;
export interface Netns extends Disposable {
  readonly fd: number;
}
export function openNetns(path: string): Netns {
  const fd = openSync(path, "r");
  let open = true;
  return {
    fd,
    [Symbol.dispose]() {
      if (open) {
        open = false;
        closeSync(fd);
      }
    },
  };
}
export function inNetns<T>(netns: Netns, body: () => T): T {
  using home = openNetns("/proc/thread-self/ns/net");
  if (symbols.setns(netns.fd, CLONE_NEWNET) !== 0) throw new Error("Cannot enter namespace");
  try {
    return body();
  } finally {
    symbols.setns(home.fd, CLONE_NEWNET);
  }
}
