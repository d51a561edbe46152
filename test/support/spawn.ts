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
  const reader = child.stdout.getReader();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      output += decoder.decode(value, { stream: true });
    }
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
      await reader.cancel(); // what it started may hold the pipe open longer than it lived
      await reading;
    },
  };
}
