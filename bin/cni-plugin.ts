import { type DaemonAnswer, type DaemonCall, DECLINED, pluginSocketPath } from "../src/doors/cni/daemon-call.ts";
import { formatLogLine } from "../src/doors/cni/log-line.ts";
import {
  closeDescriptor,
  connectUnixSocket,
  exitNow,
  fileSize,
  OpenFlag,
  openFile,
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
  const said = askDaemon(runDirectory, calledAs, input);
  const isDaemons = typeof said === "object";
  const answer = isDaemons ? said : await actAlone({ runDirectory, calledAs, input }, said);
  const milliseconds = performance.now();
  try {
    writeDescriptor(1, answer.stdout);
  } catch {
    // The runtime is gone: there is nobody to tell.
  }
  const time = new Date().toISOString();
  const call = {
    time,
    calledAs,
    variables: process.env,
    input,
    by: isDaemons ? "daemon" : "plugin",
    milliseconds,
  } as const;
  if (command !== "VERSION") writeLog(`${runDirectory}/cni/log`, formatLogLine({ ...call, ...answer }));
  // What we leave behind for the kernel to finish shares our descriptors: a runtime waits for the end of these.
  for (const fd of [0, 1, 2]) closeDescriptor(fd);
  exitNow(answer.exitCode);
}

const LOG_LIMIT_BYTES = 4 * 1024 * 1024;

/** A log that cannot be written keeps nobody from his answer. */
function writeLog(path: string, line: string): void {
  try {
    using file = openFile(path, OpenFlag.writeOnly | OpenFlag.create | OpenFlag.append);
    writeDescriptor(file.number, line);
    if (fileSize(file) > LOG_LIMIT_BYTES) process.getBuiltinModule("node:fs").renameSync(path, `${path}.1`);
  } catch {
    // A full disk, or a run directory that is not there yet.
  }
}

interface Call {
  readonly runDirectory: string;
  readonly calledAs: string;
  readonly input: string;
}

async function actAlone({ runDirectory, calledAs, input }: Call, said: "nobody" | "broken off"): Promise<DaemonAnswer> {
  const { runPluginAlone } = await import("./cni-plugin-alone.ts");
  const isDone = said === "broken off" && process.env["CNI_COMMAND"] === "ADD";
  // It may have done all and died before it could say so: nobody knows of what it made, so it is made anew.
  if (isDone)
    await runPluginAlone(runDirectory, { calledAs, input, variables: { ...process.env, CNI_COMMAND: "DEL" } });
  return runPluginAlone(runDirectory, { calledAs, input, variables: process.env });
}

/** @returns `nobody` when there is no daemon, or it wants us to act; `broken off` when it ended without an answer. */
function askDaemon(runDirectory: string, calledAs: string, input: string): DaemonAnswer | "nobody" | "broken off" {
  let isAsked = false;
  try {
    using socket = connectUnixSocket(pluginSocketPath(runDirectory));
    if (socket === undefined) return "nobody";
    const variables: Record<string, string> = {};
    for (const name in process.env) if (name.startsWith("CNI_")) variables[name] = process.env[name] ?? "";
    const call: DaemonCall = { calledAs, variables, input, netns: readLink("/proc/self/ns/net") };
    isAsked = true;
    writeDescriptor(socket.number, `${JSON.stringify(call)}\n`);
    const line = readDescriptor(socket.number, LIMIT_BYTES);
    if (line === `${DECLINED}\n`) return "nobody";
    return line.endsWith("\n") ? (JSON.parse(line) as DaemonAnswer) : "broken off";
  } catch {
    return isAsked ? "broken off" : "nobody";
  }
}
