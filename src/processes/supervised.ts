import type { Sandbox } from "../model/mod.ts";

/** What has a program that is looked after: a sandbox of the engine, or a process of a topology. */
export interface Supervised extends Pick<Sandbox, "id" | "process" | "autoRemove" | "removing"> {
  readonly name: string;
  /** What sentences call it where it is no sandbox; default: `sandbox NAME`. */
  readonly title?: string;
}

export function titleOf({ name, title }: Pick<Supervised, "name" | "title">): string {
  return title ?? `sandbox ${name}`;
}
