import type { ProcessIdentity } from "../model/mod.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { sandboxFileMounts } from "./sandbox-files.ts";
import type { Supervised } from "./supervised.ts";

/** Where the launcher finds a sandbox. */
export interface SandboxPlace {
  /** Opens its network namespace; absent: the host's. */
  readonly netnsPath?: string;
  /** Where network namespaces are bound: programs must not hold them. */
  readonly netnsDirectory: string;
  /** Where its files are: its own /etc/hosts and the like, unless it sees the host's. */
  readonly folder: string;
  readonly seesHostFiles?: boolean;
  /** Absent: the host's. */
  readonly hostname?: string;
  readonly domainname?: string;
}

/** A program to run in a sandbox. */
export interface ProgramRequest {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly user?: string;
}

/** What a login on Debian has for root. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** How to start a program as the first one of a sandbox: in its network, with mounts and a hostname of its own. */
export function describeLaunch(sandbox: Supervised, place: SandboxPlace, request: ProgramRequest): LaunchSpec {
  const { netnsPath, netnsDirectory, folder, seesHostFiles = false, hostname, domainname } = place;
  const files = seesHostFiles ? [] : sandboxFileMounts(folder);
  return {
    ...naming(sandbox),
    ...(netnsPath !== undefined && { netns: netnsPath }),
    netnsDirectory,
    ...(hostname !== undefined && { hostname }),
    ...(domainname !== undefined && { domainname }),
    files: files.filter(({ target }) => target !== "/etc/hostname" || hostname !== undefined),
    ...programPart(request, hostname),
  };
}

/** How to start a program beside one that runs: it sees the same network, files and hostname. */
export function describeLaunchBeside(
  sandbox: Supervised,
  { pid, startTicks }: ProcessIdentity,
  request: ProgramRequest,
  hostname?: string,
): LaunchSpec {
  return { ...naming(sandbox), beside: { pid, startTicks }, files: [], ...programPart(request, hostname) };
}

function naming({ name, title }: Supervised): Pick<LaunchSpec, "sandbox" | "place"> {
  return { sandbox: name, ...(title !== undefined && { place: title }) };
}

function programPart({ command, environment, workingDirectory, user }: ProgramRequest, hostname: string | undefined) {
  return {
    command,
    // Nothing of the daemon's own. The launcher adds HOME, which it knows when it has found the user.
    environment: { PATH: DEFAULT_PATH, ...(hostname !== undefined && { HOSTNAME: hostname }), ...environment },
    workingDirectory,
    ...(user !== undefined && { user }),
  };
}
