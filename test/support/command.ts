/** Where a command runs: a network namespace by the path that opens it. */
export interface Place {
  readonly netnsPath: string;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The command is killed after this; default 60,000. */
  readonly timeoutMs?: number;
}

/**
 * The command line that runs `command` in the place's network namespace, and in this process's mount namespace: `ip netns exec`
 * would hide the mounts that the daemon makes from everybody else.
 */
export function inPlace(place: Place, command: readonly string[]): string[] {
  return ["nsenter", `--net=${place.netnsPath}`, "--", ...command];
}

/** Runs a command in a place to its end, whatever that is. */
export async function run(
  place: Place,
  command: string | readonly string[],
  { stdin, environment = {}, timeoutMs = 60_000 }: CommandOptions = {},
): Promise<CommandResult> {
  const child = Bun.spawn(inPlace(place, words(command)), {
    stdin: stdin === undefined ? "ignore" : new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...environment },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exitCode, stdout, stderr };
}

/** Runs a command in a place, and answers what it wrote to stdout. */
export async function runOrThrow(
  place: Place,
  command: string | readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(place, command, options);
  if (exitCode !== 0)
    throw new Error(`Cannot run ${words(command).join(" ")}: exit code ${exitCode}: ${stderr || stdout}`);
  return stdout;
}

/**
 * What a program that is not ours sees in a place: its JSON when it wrote JSON, else its text without the final newline.
 * Words are split at spaces; give an array where a word has one.
 */
export async function witness(place: Place, command: string | readonly string[]): Promise<unknown> {
  const text = (await runOrThrow(place, command)).trimEnd();
  // iproute2 answers an empty list with nothing at all.
  if (text === "" && words(command).includes("-j")) return [];
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

function words(command: string | readonly string[]): readonly string[] {
  return typeof command === "string" ? command.split(" ").filter((word) => word !== "") : command;
}
