import { type LinkName, parseLinkName } from "../../net/mod.ts";
import { CniError, CniErrorCode } from "./cni-error.ts";

export const COMMANDS = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"] as const;
export type Command = (typeof COMMANDS)[number];

/** What a runtime says in variables. */
export interface CniEnvironment {
  readonly command: Command;
  readonly containerId: string;
  /** Empty where a container has none any more. */
  readonly netns: string;
  readonly ifname: LinkName;
  readonly args: CniArgs;
  /** Folders of plugins. */
  readonly path: readonly string[];
}

/** `CNI_ARGS`, by key. */
export type CniArgs = ReadonlyMap<string, string>;

const required: Readonly<Record<Exclude<Command, "VERSION">, readonly string[]>> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
};

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws {CniError} 4 for a variable that is missing or not understood. */
export function parseEnvironment(variables: Variables): CniEnvironment {
  const command = COMMANDS.find((known) => known === variables["CNI_COMMAND"]);
  if (command === undefined) throw environmentError(`unknown CNI_COMMAND: ${variables["CNI_COMMAND"] ?? ""}`);
  const missing = command === "VERSION" ? [] : required[command].filter((name) => (variables[name] ?? "") === "");
  if (missing.length > 0) throw environmentError(`required env variables [${missing.join(",")}] missing`);
  const isOfContainer = command === "ADD" || command === "DEL" || command === "CHECK";
  return {
    command,
    containerId: isOfContainer
      ? parseName("container ID", variables["CNI_CONTAINERID"] ?? "", CniErrorCode.invalidEnvironment)
      : "",
    netns: variables["CNI_NETNS"] ?? "",
    ifname: isOfContainer ? parseIfname(variables["CNI_IFNAME"] ?? "") : ("" as LinkName),
    args: parseArgs(variables["CNI_ARGS"] ?? ""),
    path: (variables["CNI_PATH"] ?? "").split(":").filter((folder) => folder !== ""),
  };
}

/** Of networks and containers. @throws {CniError} `code` */
export function parseName(what: string, text: string, code: number): string {
  if (text === "") throw new CniError(code, `missing ${what}`);
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text)) return text;
  throw new CniError(
    code,
    `invalid characters in ${what}`,
    `${JSON.stringify(text)}: want a letter or digit, then letters, digits, "_", "." and "-"`,
  );
}

function parseIfname(text: string): LinkName {
  try {
    return parseLinkName(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CniError(CniErrorCode.invalidEnvironment, "interface name is invalid", reason);
  }
}

/** Those that plugins know; Kubernetes' runtimes send the latter ones. */
const KNOWN_ARGS = ["IgnoreUnknown", "IP", "MAC", "GATEWAY"];

function parseArgs(text: string): CniArgs {
  const args = new Map<string, string>();
  for (const pair of text.split(";").filter((part) => part !== "")) {
    const at = pair.indexOf("=");
    if (at < 1) throw environmentError(`CNI_ARGS: ${JSON.stringify(pair)} is no KEY=VALUE pair`);
    args.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const isLenient = /^(1|true|yes|on)$/i.test(args.get("IgnoreUnknown") ?? "");
  const unknown = [...args.keys()].filter((key) => !KNOWN_ARGS.includes(key) && !key.startsWith("K8S_POD_"));
  if (unknown.length > 0 && !isLenient) {
    throw environmentError(`CNI_ARGS: unknown ${unknown.join(", ")}, want IgnoreUnknown=1 with them`);
  }
  return args;
}

function environmentError(message: string): CniError {
  return new CniError(CniErrorCode.invalidEnvironment, message);
}
