import type { OperationRequest } from "../../contract/mod.ts";
import { ApiError } from "./api-error.ts";
import { type ApiVersion, apiVersion } from "./api-version.ts";
import type { Fields } from "./fields.ts";

type ConnectRequest = OperationRequest<"connect">;

/** Reads the body of `POST /networks/{id}/connect`. @throws {ApiError} */
export function readConnectRequest(network: string, body: Fields, version: ApiVersion): ConnectRequest {
  const config = body.object("EndpointConfig");
  return { network, sandbox: readContainer(body), ...(config !== undefined && readEndpoint(config, version)) };
}

/** @throws {ApiError} 400 without one. */
export function readContainer(body: Fields): string {
  const container = body.text("Container");
  if (container === "") throw new ApiError(400, `invalid name or ID supplied: ""`);
  return container.replace(/^\//, "");
}

function readEndpoint(config: Fields, version: ApiVersion): Partial<ConnectRequest> {
  const ipam = config.object("IPAMConfig");
  const ipv4 = ipam?.text("IPv4Address") ?? "";
  const ipv6 = ipam?.text("IPv6Address") ?? "";
  // Before that it was what an endpoint had, and clients send back what they read.
  const mac = version >= apiVersion("1.44") ? config.text("MacAddress") : "";
  return {
    ...(ipv4 !== "" && { ipv4 }),
    ...(ipv6 !== "" && { ipv6 }),
    ...(mac !== "" && { mac }),
    aliases: [...config.texts("Aliases")],
    linkLocalAddresses: [...(ipam?.texts("LinkLocalIPs") ?? [])],
    links: config.texts("Links").map(readLink),
    gatewayPriority: config.number("GwPriority"),
    driverOptions: config.textMap("DriverOpts"),
  };
}

/** `NAME` or `NAME:ALIAS`. */
function readLink(text: string): { readonly name: string; readonly alias: string } {
  const [name = "", alias = name] = text.split(":");
  return { name, alias };
}
