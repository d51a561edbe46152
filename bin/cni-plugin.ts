import { type Executed, type PluginProcess, runPlugin, SUPPORTED_VERSIONS } from "../src/doors/cni/mod.ts";
import {
  closeDescriptor,
  exitNow,
  OpenFlag,
  openFile,
  readDescriptor,
  readSmallFile,
  writeDescriptor,
} from "../src/sys/mod.ts";
import { WEFT_VERSION } from "./version.ts";

const INPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/** This process as CNI plugin: one call, one answer. */
export async function actAsPlugin(calledAs: string): Promise<never> {
  if (process.env["CNI_COMMAND"] === undefined) {
    writeDescriptor(
      2,
      `Weft ${WEFT_VERSION}, CNI plugin ${calledAs}\nCNI protocol versions supported: ${SUPPORTED_VERSIONS.join(", ")}\n`,
    );
    exitNow(0);
  }
  const { exitCode, stdout } = await runPlugin(pluginProcess(calledAs));
  try {
    writeDescriptor(1, stdout);
  } catch {
    // The runtime is gone: there is nobody to tell.
  }
  // What we leave behind for the kernel to finish shares our descriptors: a runtime waits for the end of these.
  for (const fd of [0, 1, 2]) closeDescriptor(fd);
  exitNow(exitCode);
}

function pluginProcess(calledAs: string): PluginProcess {
  return {
    calledAs,
    variables: process.env,
    runDirectory: process.env["WEFT_RUN"] ?? "/run/weft",
    readInput: () => readDescriptor(0, INPUT_LIMIT_BYTES),
    readFile: readSmallFile,
    execute,
    fileExists,
  };
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
