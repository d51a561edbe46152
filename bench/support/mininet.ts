import { join } from "node:path";
import { inPlace, type Place } from "../../test/support/mod.ts";
import { timed } from "./measure.ts";

/** A network in Mininet's words; addresses with their lengths. `change` is a shell's line on one of its nodes. */
export type MininetWish = { readonly change: readonly [node: string, line: string] } & (
  | { readonly kind: "fan"; readonly hosts: readonly (readonly [name: string, address: string])[] }
  | {
      readonly kind: "chain";
      readonly routers: readonly string[];
      readonly links: readonly (readonly [readonly [string, string], readonly [string, string]])[];
      /** Files of `ip -batch` lines. */
      readonly batches: readonly (readonly [router: string, path: string])[];
    }
);

export interface MininetTimes {
  readonly up: number;
  readonly change: number;
  readonly down: number;
}

/** Milliseconds of each step, Python's start included in the first. Its mounts are its own; its bridge is in the place. */
export async function timeMininet(
  place: Place,
  wish: MininetWish,
  bare: () => Promise<unknown>,
): Promise<MininetTimes> {
  const command = ["unshare", "--mount", "/usr/bin/python3", join(import.meta.dir, "make-mininet.py")];
  const child = Bun.spawn(inPlace(place, command), { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const step = (line: string, word: string): Promise<number> =>
    timed(async () => {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
      const { value } = await lines.read();
      if (value?.trim() === word) return;
      throw new Error(`Cannot measure Mininet: want ${word}, have ${value}: ${await child.stderr.text()}`);
    });
  const up = await step(JSON.stringify(wish), "up");
  const change = await step("change", "changed");
  const down = await timed(async () => {
    await step("down", "down");
    await child.exited;
    await bare();
  });
  return { up, change, down };
}
