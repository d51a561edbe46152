import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
// Not through sys/mod.ts: the launcher starts before every program, and the rest of sys takes it twice as long to load.
import * as program from "../sys/program-calls.ts";
import { ENTERED, LAUNCH_SPEC_LIMIT_BYTES, LaunchDescriptor, type LaunchSpec, parseLaunchSpec } from "./launch-spec.ts";
import { findUser, type ProgramUser } from "./user.ts";

/** As a shell's: the program was not found, or could not be run. */
const EXIT_NOT_FOUND = 127;
const EXIT_NOT_STARTED = 126;

/**
 * `weft launch`: reads the specification from its descriptor (see `LaunchDescriptor`), waits for the gate, and becomes the program, with no input.
 * Where it cannot, it writes one sentence to the status, and ends.
 */
export function launchFromDescriptors(): never {
  let status: number = LaunchDescriptor.status;
  try {
    const spec = readSpec();
    passGate(LaunchDescriptor.gate);
    program.duplicateDescriptor(LaunchDescriptor.status, LaunchDescriptor.statusLater, true);
    program.duplicateDescriptor(LaunchDescriptor.gate, LaunchDescriptor.gateLater, true);
    status = LaunchDescriptor.statusLater;
    program.duplicateDescriptor(openSync("/dev/null", "r"), 0, false);
    for (const fd of [1, 2]) program.duplicateDescriptor(LaunchDescriptor.output, fd, false);
    launch(spec, () => {
      writeSync(LaunchDescriptor.statusLater, ENTERED);
      passGate(LaunchDescriptor.gateLater);
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    attempt(() => writeSync(status, message));
    process.exit(message.includes("no such program") ? EXIT_NOT_FOUND : EXIT_NOT_STARTED);
  }
}

/**
 * Turns this process into the program of the specification, inside the sandbox, with this process's standard input, output and error.
 *
 * @param entered Called inside the sandbox, before anything there can be left behind.
 * @throws {Error} one sentence. By then this process may be in the sandbox already: it must end.
 */
export function launch(spec: LaunchSpec, entered: () => void = () => {}): never {
  const user = findProgramUser(spec);
  enterSandbox(spec);
  entered();
  if (user.uid !== 0 || user.gid !== 0 || spec.user !== undefined) program.becomeUser(user.uid, user.gid, user.groups);
  program.changeDirectory(spec.workingDirectory);
  const isCallers = spec.asCaller === true;
  if (!isCallers) program.setFileCreationMask(0o022);
  program.resetOpenFilesLimit(isCallers ? callersOpenFiles() : undefined);
  program.closeOnExecFrom(3);
  program.stopIgnoringSignals();
  throw start(spec, user);
}

/** The runtime has raised our own limit, but not that of who started us: `Max open files  1024  524288  files`. */
function callersOpenFiles(): number | undefined {
  const limits = attempt(() => readFileSync(`/proc/${process.ppid}/limits`, "utf8")) ?? "";
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

function passGate(gate: number): void {
  if (readSync(gate, new Uint8Array(1)) === 0) throw new Error("Cannot start: the daemon is gone");
}

function readSpec(): LaunchSpec {
  const size = fstatSync(LaunchDescriptor.spec).size;
  if (size > LAUNCH_SPEC_LIMIT_BYTES) {
    throw new Error(
      `Cannot read the launch specification: it has ${size} bytes, want at most ${LAUNCH_SPEC_LIMIT_BYTES}`,
    );
  }
  const bytes = new Uint8Array(size);
  const length = readSync(LaunchDescriptor.spec, bytes, 0, size, 0);
  return parseLaunchSpec(new TextDecoder().decode(bytes.subarray(0, length)));
}

function findProgramUser(spec: LaunchSpec): ProgramUser {
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  return findUser(spec.user ?? "0", { passwd: read("/etc/passwd"), group: read("/etc/group") });
}

function enterSandbox(spec: LaunchSpec): void {
  if (spec.beside !== undefined) {
    joinProgram(spec.beside, titleOf(spec));
    return;
  }
  const netns = spec.netns === undefined ? undefined : openNetns(spec.netns, titleOf(spec));
  program.unshareMountsAndHostname();
  // Before anybody reads the list of mounts: one of them is every other sandbox's.
  if (spec.netnsDirectory !== undefined) forgetNamespaces(spec.netnsDirectory);
  if (netns !== undefined) {
    program.joinNetns(netns);
    closeSync(netns);
    remountSysfs();
  }
  for (const { source, target } of spec.files) {
    createMissing(target);
    program.mount(source, target, "", program.MountFlag.bind);
  }
  if (spec.hostname !== undefined) program.setHostname(spec.hostname);
  if (spec.domainname !== undefined) program.setDomainname(spec.domainname);
}

function joinProgram({ pid, startTicks }: NonNullable<LaunchSpec["beside"]>, title: string): void {
  const namespaces = attempt(() => ["net", "uts", "mnt"].map((kind) => openSync(`/proc/${pid}/ns/${kind}`, "r")));
  // Asked after they were opened: whoever has that number now had it then.
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1")) ?? "";
  if (namespaces === undefined || Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]) !== startTicks) {
    throw new Error(`Cannot enter ${title}: its program has ended`);
  }
  program.joinNamespaces(namespaces);
}

function titleOf({ place, sandbox }: LaunchSpec): string {
  return place ?? `sandbox ${sandbox}`;
}

function openNetns(path: string, title: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const errno = error instanceof Error && "code" in error ? error.code : error;
    throw new Error(`Cannot enter ${title}: ${path}: ${errno}, want a network namespace`);
  }
}

/**
 * Mounts a sysfs of this network namespace, so that /sys/class/net shows its links. What was mounted below the old one, such as cgroups, is carried
 * over. A host that does not allow it keeps its own.
 */
function remountSysfs(): void {
  const below = mountsBelow("/sys");
  const kept = below.filter((path) => !below.some((other) => path.startsWith(`${other}/`)));
  const opened = kept.map((path) => ({ path, fd: attempt(() => openSync(path, "r")) }));
  const mounted = attempt(() => {
    program.mount("sysfs", "/sys", "sysfs", 0);
    return true;
  });
  if (mounted) {
    const flags = program.MountFlag.bind | program.MountFlag.recursive;
    for (const { path, fd } of opened) {
      if (fd !== undefined) attempt(() => program.mount(`/proc/thread-self/fd/${fd}`, path, "", flags));
    }
  }
  for (const { fd } of opened) if (fd !== undefined) closeSync(fd);
}

function forgetNamespaces(directory: string): void {
  if (program.unmount(directory)) return;
  for (const path of mountsBelow(directory)) program.unmount(path);
}

/** Source: proc_pid_mountinfo(5); white space in a path is written as an octal escape. */
function mountsBelow(directory: string): string[] {
  return readFileSync("/proc/thread-self/mountinfo", "utf8")
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${directory}/`));
}

/**
 * A bind mount needs something to cover. A host without the file, or with a symbolic link to one that is not there yet (systemd-resolved's), gets an
 * empty one, which means to libc what none does.
 */
function createMissing(target: string): void {
  let path = target;
  for (let hops = 0; hops < 8; hops++) {
    const link = attempt(() => readlinkSync(path));
    if (typeof link !== "string") break;
    path = resolve(dirname(path), link);
  }
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, "a", 0o644));
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: ": the interpreter that it names is missing",
  ENOEXEC: ": neither a binary of this machine nor a script with #!",
  E2BIG: ": its arguments and environment are too long",
};

/** Why it could not be started. Looks along the sandbox's PATH, not ours. */
function start(spec: LaunchSpec, user: ProgramUser): Error {
  const [name = ""] = spec.command;
  const environment = Object.entries({ HOME: user.home, ...spec.environment }).map(([key, value]) => `${key}=${value}`);
  const folders = name.includes("/") ? [undefined] : (spec.environment["PATH"] ?? "").split(":");
  let answer = "ENOENT: no such program";
  for (const folder of folders) {
    const path = folder === undefined ? name : `${folder === "" ? "." : folder}/${name}`;
    const errno = program.execute(path, spec.command, environment);
    if ((errno === "ENOENT" || errno === "ENOTDIR") && !existsSync(path)) continue;
    if (errno === "EACCES") {
      answer = "EACCES: not a program that this user may run"; // perhaps another folder has a better one
      continue;
    }
    answer = `${errno}${WHY[errno] ?? ""}`;
    break;
  }
  const where =
    name.includes("/") || answer !== "ENOENT: no such program" ? "" : ` in PATH ${spec.environment["PATH"] ?? ""}`;
  return new Error(`Cannot start ${JSON.stringify(name)} in ${titleOf(spec)}: ${answer}${where}`);
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
