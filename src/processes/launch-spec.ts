/** All that the launcher needs to become a program in a sandbox. Travels as JSON. */
export interface LaunchSpec {
  /** For error sentences. */
  readonly sandbox: string;
  /** What to call it there where it is no sandbox; default: `sandbox NAME`. */
  readonly place?: string;
  /** Opens the network namespace; absent: the caller's. */
  readonly netns?: string;
  /** A program of the sandbox whose network, mounts and hostname it shares; then nothing else here but user, folder and environment counts. */
  readonly beside?: { readonly pid: number; readonly startTicks: number };
  /** Where network namespaces are bound. The program must not hold them: a namespace goes when its last mount does. */
  readonly netnsDirectory?: string;
  readonly hostname?: string;
  readonly domainname?: string;
  /** Files of the sandbox's own, and where the program sees them. */
  readonly files: readonly { readonly source: string; readonly target: string }[];
  /** The program's file mode mask and limit of open files are the caller's; default: 022 and the kernel's own. */
  readonly asCaller?: boolean;
  /** `USER[:GROUP]`, names or numbers; absent: root. */
  readonly user?: string;
  /** Absolute path. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Argument vector, not empty. */
  readonly command: readonly string[];
}

/** The kernel's limit on all arguments and the environment together (include/uapi/linux/limits.h), and room for the rest. */
export const LAUNCH_SPEC_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * The launcher's descriptors. It reads a byte from the gate before it does anything: by then the daemon has written down who it is. In the sandbox it
 * says `ENTERED` on the status and reads another: by then the daemon holds the namespaces that it made, and can tell what the program starts from all
 * else. A daemon that dies before closes the gate, and the launcher ends. The status closes when the program has started; before that, it carries one
 * sentence when the program cannot start. The later two are out of the way of what the runtime opens for itself.
 */
export const LaunchDescriptor = { gate: 0, status: 1, spec: 3, output: 4, statusLater: 100, gateLater: 101 } as const;

/** No sentence begins so. */
export const ENTERED = "\u0001";

/** Made by the daemon, so only its shape is looked at. @throws {SyntaxError} */
export function parseLaunchSpec(text: string): LaunchSpec {
  const spec: unknown = JSON.parse(text);
  const wanted = ["sandbox", "files", "workingDirectory", "environment", "command"];
  if (typeof spec !== "object" || spec === null || wanted.some((field) => !(field in spec))) {
    throw new SyntaxError(`Cannot read the launch specification: want an object with ${wanted.join(", ")}`);
  }
  return spec as LaunchSpec;
}
