import { libc } from "./libc.ts";

/** Sleeps the thread for about `microseconds` (and the timer's slack of 50). */
export function nap(microseconds: number): void {
  libc.usleep(microseconds);
}
