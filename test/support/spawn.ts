import { inPlace, type Place } from "./command.ts";

/** A program that goes on running in a place, such as a monitor or a server. Disposing of it kills it. */
export interface Spawned extends AsyncDisposable {
  /** All that it has written to stdout until now. */
  output(): string;
  write(text: string): void;
  exited(): boolean;
}

export function spawnIn(place: Place, command: readonly string[]): Spawned {
  const child = Bun.spawn(inPlace(place, command), { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  let output = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) output += decoder.decode(chunk, { stream: true });
  })();
  return {
    output: () => output,
    write(text) {
      child.stdin.write(text);
      child.stdin.flush();
    },
    exited: () => child.exitCode !== null || child.signalCode !== null,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      await reading;
    },
  };
}
