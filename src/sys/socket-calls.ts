export { allocateKernelMemory, type KernelMemory, pointerAt, writeAddress } from "./kernel-memory.ts";
export { lastErrno, libc as socketCalls } from "./libc.ts";
