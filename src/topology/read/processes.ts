import type { Healthcheck, ProcessSpec } from "../../model/mod.ts";
import type { YamlDocument } from "../../yaml-file/mod.ts";
import { HOST, type ProcessName } from "../state/mod.ts";
import type { PlaceFields } from "./links.ts";
import type { ProcessInput } from "./schema.ts";

const HEALTH_INTERVAL_MS = 1000;
const HEALTH_TIMEOUT_MS = 5000;
const HEALTH_RETRIES = 3;
const STOP_TIMEOUT_MS = 10_000;

/** The processes of one place. @throws {YamlFileError} */
export function readProcesses(
  document: YamlDocument,
  { name, path, input }: PlaceFields,
): ReadonlyMap<ProcessName, ProcessSpec> {
  if (input.processes !== undefined && name === HOST) {
    throw document.refuse([...path, "processes"], "the host's are not a topology's: want them in a namespace");
  }
  return new Map(
    Object.entries(input.processes ?? {}).map(([process, fields]) => [process as ProcessName, processSpec(fields)]),
  );
}

function processSpec(input: ProcessInput): ProcessSpec {
  const { command, environment = {}, user, health } = input;
  return {
    command: argumentsOf(command),
    environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
    workingDirectory: input.working_directory ?? "/",
    ...(user !== undefined && { user: String(user) }),
    stopSignal: input.stop_signal ?? "SIGTERM",
    stopTimeoutMs: input.stop_timeout ?? STOP_TIMEOUT_MS,
    restart: input.restart ?? "no",
    ...(health !== undefined && { healthcheck: healthcheckOf(health) }),
  };
}

function healthcheckOf(input: NonNullable<ProcessInput["health"]>): Healthcheck {
  return {
    command: argumentsOf(input.command),
    intervalMs: input.interval ?? HEALTH_INTERVAL_MS,
    timeoutMs: input.timeout ?? HEALTH_TIMEOUT_MS,
    retries: input.retries ?? HEALTH_RETRIES,
    startPeriodMs: input.start_period ?? 0,
  };
}

/** A text is for a shell, as Compose's is. */
function argumentsOf(command: string | readonly string[]): readonly string[] {
  return typeof command === "string" ? ["/bin/sh", "-c", command] : command;
}
