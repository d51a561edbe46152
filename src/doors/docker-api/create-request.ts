import { type OperationRequest, operations } from "../../contract/mod.ts";
import { type IpamDriverName, ipamDrivers, isPredefinedNetwork } from "../../model/mod.ts";
import { SCOPE } from "../docker-shape/mod.ts";
import { ApiError } from "./api-error.ts";
import { type ApiVersion, apiVersion } from "./api-version.ts";
import type { Fields } from "./fields.ts";
import { readIpamConfig } from "./ipam-config.ts";
import { predefined } from "./word-refusal.ts";

type NetworkRequest = OperationRequest<"createNetwork">;

/**
 * Reads the body of `POST /networks/create`. `CheckDuplicate` needs no reading: a name is always checked.
 *
 * @throws {ApiError} in Docker's words for what Docker refuses, too.
 */
export function readCreateRequest(body: Fields, version: ApiVersion): NetworkRequest {
  const name = body.text("Name");
  if (name.trim() === "") throw new ApiError(400, "invalid name: name is empty");
  if (isPredefinedNetwork(name) || name === "default") throw predefined(name, "create");
  refuseSwarm(body);
  const ipam = body.object("IPAM");
  const ipamDriver = readIpamDriver(ipam);
  const configFrom = body.object("ConfigFrom")?.text("Network") ?? "";
  refuseConfiguration(body, configFrom);
  const subnets = readIpamConfig(ipam?.objects("Config") ?? []);
  const ipv4 = version >= apiVersion("1.48") ? body.flag("EnableIPv4") : undefined;
  const hasIpv6Subnet = subnets.some(({ prefix = "" }) => prefix.includes(":"));
  return {
    name,
    driver: readDriver(body.text("Driver")),
    subnets: [...subnets],
    ...(ipv4 !== undefined && { ipv4 }),
    // Clients of old send false whatever their user said: a subnet that is named is wanted.
    ...(body.flag("EnableIPv6") === true || hasIpv6Subnet ? { ipv6: true } : configFrom === "" && { ipv6: false }),
    internal: body.flag("Internal") ?? false,
    attachable: body.flag("Attachable") ?? false,
    configOnly: body.flag("ConfigOnly") ?? false,
    ...(configFrom !== "" && { configFrom }),
    ...(ipamDriver !== undefined && { ipamDriver }),
    ipamOptions: ipam?.textMap("Options") ?? {},
    options: body.textMap("Options"),
    labels: body.textMap("Labels"),
  };
}

function refuseSwarm(body: Fields): void {
  const scope = body.text("Scope");
  if (scope === "swarm") throw new ApiError(403, "cannot create a swarm scoped network when swarm is not active");
  if (scope !== "" && scope !== SCOPE) {
    throw new ApiError(400, `invalid scope ${JSON.stringify(scope)}: want ${SCOPE}, networks are those of this host`);
  }
  if (body.flag("Ingress") === true) throw new ApiError(403, "Ingress network can only be global scope network");
}

/** What networks that only configure others, and those that are made after them, cannot say. Source: moby, libnetwork/network.go. */
function refuseConfiguration(body: Fields, configFrom: string): void {
  if (body.flag("ConfigOnly") === true) {
    if (configFrom !== "")
      throw new ApiError(403, "a configuration network cannot depend on another configuration network");
    if (["Internal", "Attachable", "Ingress"].some((name) => body.flag(name) === true)) {
      throw new ApiError(
        403,
        "configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.",
      );
    }
  }
  const ipam = body.object("IPAM");
  const isConfigured =
    body.flag("EnableIPv6") === true ||
    (ipam?.objects("Config").length ?? 0) > 0 ||
    [body.textMap("Labels"), body.textMap("Options"), ipam?.textMap("Options") ?? {}].some(
      (map) => Object.keys(map).length > 0,
    );
  if (configFrom === "" || !isConfigured) return;
  throw new ApiError(
    403,
    "user specified configurations are not supported if the network depends on a configuration network",
  );
}

function readIpamDriver(ipam: Fields | undefined): IpamDriverName | undefined {
  const name = ipam?.text("Driver") ?? "";
  if (name === "") return undefined;
  const driver = ipamDrivers.find((known) => known === name);
  if (driver === undefined) throw new ApiError(404, `plugin ${JSON.stringify(name)} not found`);
  return driver;
}

const drivers: readonly string[] = operations.createNetwork.input.shape.driver.unwrap().options;

/** By Docker's name. What is none of ours would be a plugin's. */
function readDriver(name: string): NetworkRequest["driver"] {
  if (name === "") return "bridge";
  if (name === "host" || name === "null") throw new ApiError(403, `only one instance of "${name}" network is allowed`);
  if (name === "none" || !drivers.includes(name)) throw new ApiError(404, `plugin ${JSON.stringify(name)} not found`);
  return name as NetworkRequest["driver"]; // the contract's own list says so
}
