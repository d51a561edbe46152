import { NetworkKernel, openAttachments, type Workplace } from "../src/attachments/mod.ts";
import { type Executed, type PluginOutcome, runPlugin, SUPPORTED_VERSIONS } from "../src/doors/cni/mod.ts";
import { OpenFlag, openFile, readSmallFile } from "../src/sys/mod.ts";
import { WEFT_VERSION } from "./version.ts";

/** What is said to who calls the plugin by hand. */
export function introduction(calledAs: string): string {
  const versions = SUPPORTED_VERSIONS.join(", ");
  return `Weft ${WEFT_VERSION}, CNI plugin ${calledAs}\nCNI protocol versions supported: ${versions}\n`;
}

interface LoneCall {
  readonly calledAs: string;
  readonly input: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Makes a call in this process, which ends afterwards. */
export function runPluginAlone(runDirectory: string, { input, ...call }: LoneCall): Promise<PluginOutcome> {
  return runPlugin({
    ...{ ...call, readFile: readSmallFile, execute, fileExists },
    readInput: () => input,
    openWorkplace: async () => openWorkplace(runDirectory),
  });
}

/** The kernel's sockets stay for the process's end to close: one of them may take 12 ms. */
function openWorkplace(runDirectory: string): Workplace & Disposable {
  const attachments = openAttachments(runDirectory);
  const host = new NetworkKernel();
  return { store: attachments.store, host, [Symbol.dispose]: () => attachments[Symbol.dispose]() };
}

function execute(path: string, input: string, variables: Readonly<Record<string, string | undefined>>): Executed {
  const { exitCode, stdout } = Bun.spawnSync([path], {
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "inherit",
    env: variables,
  });
  return { exitCode, stdout: new TextDecoder().decode(stdout) };
}

function fileExists(path: string): boolean {
  try {
    openFile(path, OpenFlag.readOnly)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}
