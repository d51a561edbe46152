import { launch } from "../src/processes/launch.ts";
import { parseLaunchSpec } from "../src/processes/launch-spec.ts";

/** Turns this process into a program in a sandbox. @throws {Error} one sentence; this process may be in the sandbox by then. */
export function becomeProgram(spec: string): never {
  return launch(parseLaunchSpec(spec));
}
