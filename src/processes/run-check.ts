import { openPipe } from "../sys/mod.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { Launcher } from "./launcher.ts";
import type { Slots } from "./slots.ts";

/** What is kept of a check's output: its end, which mostly says why. */
const OUTPUT_BYTES = 4096;
/** For output that is on its way when the check has ended. */
const LAST_OUTPUT_MS = 50;

export interface CheckResult {
  readonly healthy: boolean;
  /** How it ended, and the end of what it wrote. */
  readonly detail: string;
}

export interface CheckOptions {
  /** For the launcher's files. */
  readonly folder: string;
  /** From when the check is started. */
  readonly timeoutMs: number;
  readonly launches: Slots;
}

/** Runs a check to its end, or kills it when its time is over. */
export async function runCheck(spec: LaunchSpec, { folder, timeoutMs, launches }: CheckOptions): Promise<CheckResult> {
  const pipe = openPipe();
  using _read = pipe.read;
  using write = pipe.write;
  using stack = new DisposableStack();
  let isLate = false;
  const { launcher, failure } = await launches.use(async () => {
    const launcher = stack.use(new Launcher(spec, { output: write.number, folder }));
    const timer = setTimeout(() => {
      isLate = true;
      launcher.kill();
    }, timeoutMs);
    stack.defer(() => clearTimeout(timer));
    return { launcher, failure: await launcher.openGate() };
  });
  write[Symbol.dispose](); // from here only the check has it
  const output = collectOutput(pipe.read.number);
  const exitCode = await launcher.exited;
  killGroup(launcher.identity.pid);
  const text = (await output.finish()).trim();
  const ending = isLate ? `took longer than ${timeoutMs} ms` : (failure ?? `exit code ${exitCode}`);
  const isHealthy = !isLate && failure === undefined && exitCode === 0;
  return { healthy: isHealthy, detail: text === "" ? ending : `${ending}: ${text}` };
}

/** What the check started in the background: it would pile up, a check a time. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nothing is left of it, as mostly.
  }
}

function collectOutput(fd: number): { readonly finish: () => Promise<string> } {
  const reader = Bun.file(fd).stream().getReader();
  let end = Buffer.alloc(0);
  const reading = (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      end = Buffer.concat([end, value]);
      if (end.length > OUTPUT_BYTES) end = end.subarray(end.length - OUTPUT_BYTES);
    }
  })();
  return {
    async finish() {
      await Promise.race([reading, Bun.sleep(LAST_OUTPUT_MS)]);
      await reader.cancel();
      return end.toString();
    },
  };
}
