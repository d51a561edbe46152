import { AttachmentError, type OwnedPart, recover, undoParts, type Workplace } from "../../attachments/mod.ts";
import { CniError, CniErrorCode } from "./cni-error.ts";
import { type CniEnvironment, parseEnvironment } from "./environment.ts";
import { type NetworkConfig, parseNetworkConfig } from "./network-config.ts";
import type { Plugin, PluginCall } from "./plugin.ts";
import { findPlugin } from "./plugins/find-plugin.ts";
import { type CniResult, EMPTY_RESULT, formatResult, parseResult } from "./result.ts";
import { isAtLeast, SUPPORTED_VERSIONS } from "./version.ts";

/** What the process gives. */
export interface PluginProcess {
  /** The file's name that it was called by. */
  readonly calledAs: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Takes the attachments' lock. */
  readonly openWorkplace: () => Promise<Workplace & Disposable>;
  /** Standard input, whole. */
  readonly readInput: () => string;
  readonly readFile: (path: string) => string;
  /** Runs another plugin. */
  readonly execute: (path: string, input: string, variables: Readonly<Record<string, string | undefined>>) => Executed;
  readonly fileExists: (path: string) => boolean;
}

export interface Executed {
  readonly exitCode: number;
  readonly stdout: string;
}

export interface PluginOutcome {
  readonly exitCode: number;
  /** Empty where a runtime expects nothing. */
  readonly stdout: string;
}

/** Another process has to make this call. */
export class Declined extends Error {
  override readonly name = "Declined";
}

/** One call of the plugin, from its variables to its answer. @throws {Declined} when `process` does; nothing else. */
export async function runPlugin(process: PluginProcess): Promise<PluginOutcome> {
  try {
    const environment = parseEnvironment(process.variables);
    if (environment.command === "VERSION") {
      return answer({ cniVersion: SUPPORTED_VERSIONS.at(-1), supportedVersions: SUPPORTED_VERSIONS });
    }
    const text = process.readInput();
    const config = parseNetworkConfig(text);
    requireVersion(environment, config);
    const plugin = await findPlugin(process.calledAs, config);
    using calls = new Calls(process, environment, config);
    return await perform(plugin, calls.call);
  } catch (error) {
    if (error instanceof Declined) throw error;
    const { code, message, details } = toCniError(error);
    return { exitCode: 1, stdout: `${JSON.stringify({ code, msg: message, ...(details !== "" && { details }) })}\n` };
  }
}

/** The lock and the kernel, opened when a plugin first works. */
class Calls implements Disposable {
  readonly call: PluginCall;
  #opened: (Workplace & Disposable) | undefined;

  constructor(process: PluginProcess, environment: CniEnvironment, config: NetworkConfig) {
    const { containerId: container, ifname } = environment;
    this.call = {
      ...{ environment, config, owner: { network: config.name, container, ifname }, readFile: process.readFile },
      work: async (body) => body(await this.#open(process)),
      delegate: (type, command) => delegate(process, environment, config, { type, command }),
    };
  }

  async #open(process: PluginProcess): Promise<Workplace> {
    if (this.#opened === undefined) {
      this.#opened = await process.openWorkplace();
      await recover(this.#opened);
    }
    return this.#opened;
  }

  [Symbol.dispose](): void {
    this.#opened?.[Symbol.dispose]();
  }
}

async function perform(plugin: Plugin, call: PluginCall): Promise<PluginOutcome> {
  const { environment, config } = call;
  switch (environment.command) {
    case "ADD":
      return answer(formatResult(await plugin.add(call), config.version));
    case "DEL": {
      const found = await undoOwn(plugin, call);
      plugin.afterDelete?.(call, found);
      return NOTHING;
    }
    case "CHECK":
      plugin.parse(call);
      await plugin.check(call);
      return NOTHING;
    case "STATUS":
      plugin.parse(call);
      plugin.status?.(call);
      return NOTHING;
    case "GC":
      await collect(plugin, call);
      plugin.afterCollect?.(call);
      return NOTHING;
    case "VERSION":
      return NOTHING;
  }
}

const NOTHING: PluginOutcome = { exitCode: 0, stdout: "" };

function answer(value: unknown): PluginOutcome {
  return { exitCode: 0, stdout: `${JSON.stringify(value, undefined, 2)}\n` };
}

async function undoOwn(plugin: Plugin, call: PluginCall): Promise<readonly OwnedPart[]> {
  const { kinds } = plugin;
  if (kinds.length === 0) return [];
  return call.work(async (workplace) => {
    const parts = workplace.store.partsOf(call.owner).filter(({ kind }) => kinds.includes(kind));
    plugin.beforeDelete?.(call, parts);
    await undoParts(workplace, parts);
    return parts;
  });
}

/** A runtime that does not say what is valid means to keep everything. */
async function collect({ kinds }: Plugin, { work, config }: PluginCall): Promise<void> {
  const valid = config.validAttachments;
  if (valid === undefined || kinds.length === 0) return;
  const kept = new Set(valid.map(({ containerId, ifname }) => `${containerId} ${ifname}`));
  await work(async (workplace) => {
    const left = workplace.store
      .partsOn(config.name)
      .filter(({ kind, owner }) => kinds.includes(kind) && !kept.has(`${owner.container} ${owner.ifname}`));
    await undoParts(workplace, left);
  });
}

function requireVersion({ command }: CniEnvironment, { version }: NetworkConfig): void {
  const least = command === "CHECK" ? "0.4.0" : command === "GC" || command === "STATUS" ? "1.1.0" : "0.1.0";
  if (isAtLeast(version, least)) return;
  throw new CniError(
    CniErrorCode.incompatibleVersion,
    `config version does not allow ${command}`,
    `config is "${version}", want ${least} or newer`,
  );
}

/** @throws {CniError} the plugin's own, or 7 when there is none of that name. */
function delegate(
  process: PluginProcess,
  environment: CniEnvironment,
  config: NetworkConfig,
  { type, command }: { readonly type: string; readonly command: CniEnvironment["command"] },
): CniResult {
  if (type.includes("/"))
    throw new CniError(CniErrorCode.invalidConfig, `invalid network config: ipam.type: ${type} is a path`);
  const path = environment.path.map((folder) => `${folder}/${type}`).find(process.fileExists);
  if (path === undefined) {
    const where = environment.path.join(":");
    throw new CniError(CniErrorCode.invalidConfig, `failed to find plugin ${JSON.stringify(type)} in path [${where}]`);
  }
  const variables = { ...process.variables, CNI_COMMAND: command };
  const { exitCode, stdout } = process.execute(path, JSON.stringify(config.fields.raw), variables);
  const value = parseAnswer(type, stdout);
  if (exitCode === 0) {
    return command === "ADD" ? parseResult(value ?? {}, `result of ${type}`, config.version) : EMPTY_RESULT;
  }
  const fields = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const code = typeof fields["code"] === "number" ? fields["code"] : CniErrorCode.internal;
  const message =
    typeof fields["msg"] === "string" ? fields["msg"] : `plugin ${type} failed with exit code ${exitCode}`;
  throw new CniError(code, message, typeof fields["details"] === "string" ? fields["details"] : "");
}

function parseAnswer(type: string, text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new CniError(CniErrorCode.decoding, `plugin ${type} answered what is no JSON`, text.slice(0, 200));
  }
}

const codes = {
  exists: CniErrorCode.exists,
  taken: CniErrorCode.taken,
  exhausted: CniErrorCode.exhausted,
  invalid: CniErrorCode.invalidConfig,
  missing: CniErrorCode.changed,
  namespace: CniErrorCode.invalidNetns,
} as const;

function toCniError(error: unknown): CniError {
  if (error instanceof CniError) return error;
  if (error instanceof AttachmentError) return new CniError(codes[error.kind], error.message);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && "errno" in error) return new CniError(CniErrorCode.io, message);
  return new CniError(CniErrorCode.internal, message, error instanceof Error ? (error.stack ?? "") : "");
}
