/** One call, as an operator reads about it afterwards. Configurations are not in it: they may hold secrets. */
export interface LoggedCall {
  /** RFC 3339. */
  readonly time: string;
  readonly calledAs: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly input: string;
  readonly by: "daemon" | "plugin";
  readonly exitCode: number;
  /** The answer; of a refusal its sentence is taken. */
  readonly stdout: string;
  /** From the start of the runtime of this process to its answer. */
  readonly milliseconds: number;
}

/** One line of JSON. */
export function formatLogLine(call: LoggedCall): string {
  const { variables, exitCode } = call;
  const { name, type } = readJson(call.input);
  const refusal = exitCode === 0 ? {} : readJson(call.stdout);
  return `${JSON.stringify({
    time: call.time,
    level: exitCode === 0 ? "info" : "error",
    command: variables["CNI_COMMAND"],
    plugin: textOf(type) ?? call.calledAs,
    network: textOf(name),
    container: variables["CNI_CONTAINERID"],
    ifname: variables["CNI_IFNAME"],
    pod: podOf(variables["CNI_ARGS"] ?? ""),
    by: call.by,
    milliseconds: Math.round(call.milliseconds * 10) / 10,
    code: refusal["code"],
    message: refusal["msg"],
    details: refusal["details"],
  })}\n`;
}

/** `NAMESPACE/NAME`, as Kubernetes' runtimes say it. */
function podOf(args: string): string | undefined {
  const value = (key: string): string | undefined => new RegExp(`(?:^|;)${key}=([^;]*)`).exec(args)?.[1];
  const name = value("K8S_POD_NAME");
  return name === undefined ? undefined : `${value("K8S_POD_NAMESPACE") ?? "default"}/${name}`;
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
