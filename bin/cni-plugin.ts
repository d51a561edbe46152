import { type DaemonAnswer, type DaemonCall, DECLINED, pluginSocketPath } from "../src/doors/cni/daemon-call.ts";
import {
  closeDescriptor,
  connectUnixSocket,
  exitNow,
  readDescriptor,
  readLink,
  writeDescriptor,
} from "../src/sys/mod.ts";

const LIMIT_BYTES = 16 * 1024 * 1024;

/** This process as CNI plugin: one call, one answer. A daemon has everything loaded, and is asked first. */
export async function actAsPlugin(calledAs: string): Promise<never> {
  const runDirectory = process.env["WEFT_RUN"] ?? "/run/weft";
  const command = process.env["CNI_COMMAND"];
  if (command === undefined) {
    const { introduction } = await import("./cni-plugin-alone.ts");
    writeDescriptor(2, introduction(calledAs));
    exitNow(0);
  }
  const input = command === "VERSION" ? "" : readDescriptor(0, LIMIT_BYTES);
  const answer = askDaemon(runDirectory, calledAs, input) ?? (await actAlone(runDirectory, calledAs, input));
  try {
    writeDescriptor(1, answer.stdout);
  } catch {
    // The runtime is gone: there is nobody to tell.
  }
  // What we leave behind for the kernel to finish shares our descriptors: a runtime waits for the end of these.
  for (const fd of [0, 1, 2]) closeDescriptor(fd);
  exitNow(answer.exitCode);
}

async function actAlone(runDirectory: string, calledAs: string, input: string): Promise<DaemonAnswer> {
  const { runPluginAlone } = await import("./cni-plugin-alone.ts");
  return runPluginAlone(runDirectory, calledAs, input);
}

/** @returns Nothing when there is no daemon, or it wants us to act. */
function askDaemon(runDirectory: string, calledAs: string, input: string): DaemonAnswer | undefined {
  try {
    using socket = connectUnixSocket(pluginSocketPath(runDirectory));
    if (socket === undefined) return undefined;
    const variables: Record<string, string> = {};
    for (const name in process.env) if (name.startsWith("CNI_")) variables[name] = process.env[name] ?? "";
    const call: DaemonCall = { calledAs, variables, input, netns: readLink("/proc/self/ns/net") };
    writeDescriptor(socket.number, `${JSON.stringify(call)}\n`);
    const line = readDescriptor(socket.number, LIMIT_BYTES);
    // A daemon that ends in the middle leaves remains: who takes the lock next, such as we, undoes them.
    return !line.endsWith("\n") || line === `${DECLINED}\n` ? undefined : (JSON.parse(line) as DaemonAnswer);
  } catch {
    return undefined;
  }
}
