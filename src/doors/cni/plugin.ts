import type { OwnedPart, Owner, PartKind, Workplace } from "../../attachments/mod.ts";
import type { CniEnvironment, Command } from "./environment.ts";
import type { NetworkConfig } from "./network-config.ts";
import type { CniResult } from "./result.ts";

/** One call of a runtime, parsed. */
export interface PluginCall {
  readonly environment: CniEnvironment;
  readonly config: NetworkConfig;
  readonly owner: Owner;
  /** Runs `body` with the attachments' lock. */
  readonly work: <T>(body: (workplace: Workplace) => T | Promise<T>) => Promise<T>;
  /** Calls another plugin, as the specification wants of those that delegate. */
  readonly delegate: (type: string, command: Command) => CniResult;
  readonly readFile: (path: string) => string;
}

/** What a type of plugin does. What it made is undone by its kinds. */
export interface Plugin {
  /** The parts of an attachment that it makes. */
  readonly kinds: readonly PartKind[];
  /** Reads the configuration, where nothing else is done with it. @throws {CniError} */
  readonly parse: (call: PluginCall) => void;
  /** Reads the configuration before it makes anything. @throws {CniError} */
  readonly add: (call: PluginCall) => CniResult | Promise<CniResult>;
  readonly check: (call: PluginCall) => void | Promise<void>;
  /** Before its parts are undone. */
  readonly beforeDelete?: (call: PluginCall, parts: readonly OwnedPart[]) => void;
  /** After its parts were undone; `found` says which there were. */
  readonly afterDelete?: (call: PluginCall, found: readonly OwnedPart[]) => void;
  readonly status?: (call: PluginCall) => void;
  readonly afterCollect?: (call: PluginCall) => void;
}
