import { CniError, CniErrorCode, configError } from "./cni-error.ts";
import { parseName } from "./environment.ts";
import { Fields } from "./fields.ts";
import { type CniResult, parseResult } from "./result.ts";
import { type CniVersion, parseVersion } from "./version.ts";

/** What a runtime sends on standard input, as far as every plugin reads it. */
export interface NetworkConfig {
  readonly version: CniVersion;
  readonly name: string;
  readonly type: string;
  readonly fields: Fields;
  readonly ipam?: Fields;
  readonly ipamType?: string;
  /** What the capabilities ask for. */
  readonly runtime: Fields;
  /** `args.cni`. */
  readonly cniArgs: Fields;
  /** @throws {CniError} when it is read and is none. */
  readonly previous: CniResult | undefined;
  /** Of GC: the attachments that are to stay; absent when the runtime says nothing about them. */
  readonly validAttachments?: readonly { readonly containerId: string; readonly ifname: string }[];
}

/** @throws {CniError} 1, 6 or 7. */
export function parseNetworkConfig(text: string): NetworkConfig {
  const fields = new Fields(parseObject(text));
  const version = parseVersion(fields.text("cniVersion"));
  const ipam = fields.object("ipam");
  const ipamType = ipam?.text("type");
  const previous = fields.value("prevResult");
  const attachments = fields.objects("cni.dev/valid-attachments") ?? fields.objects("cni.dev/attachments");
  return {
    // Read when a plugin asks for it: a DEL must not fail because of a result that it does not need.
    get previous() {
      return previous === undefined ? undefined : parseResult(previous, "prevResult", version);
    },
    version,
    name: parseName("network name", fields.text("name") ?? "", CniErrorCode.invalidConfig),
    type: fields.text("type") ?? "",
    fields,
    runtime: fields.object("runtimeConfig") ?? new Fields({}, "runtimeConfig"),
    cniArgs: fields.object("args")?.object("cni") ?? new Fields({}, "args.cni"),
    ...(ipam !== undefined && { ipam }),
    ...(ipamType !== undefined && ipamType !== "" && { ipamType }),
    ...(attachments !== undefined && {
      validAttachments: attachments.map((one) => ({
        containerId: one.text("containerID") ?? missing(one, "containerID"),
        ifname: one.text("ifname") ?? missing(one, "ifname"),
      })),
    }),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch (error) {
    throw decodingError(error instanceof Error ? error.message : String(error));
  }
  throw decodingError("want a JSON object");
}

function decodingError(details: string): CniError {
  return new CniError(CniErrorCode.decoding, "cannot decode the network configuration", details);
}

function missing(fields: Fields, key: string): never {
  throw configError(fields.pathOf(key), "missing");
}
