import { Refusal, type RefusalKind, type RefusalReason } from "../../contract/mod.ts";
import { type NetworkDriverKind, PredefinedNetwork } from "../../model/mod.ts";
import { HttpRefusal } from "../http/mod.ts";
import { ApiError } from "./api-error.ts";

/** What was asked for: Docker words the same refusal differently for each. */
export type Asked = "create" | "remove" | "connect" | "disconnect" | "other";

/** For what Docker has no words. Source: moby, daemon/server/httpstatus. */
const statusOf: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  forbidden: 403,
  "in-use": 403,
  "not-found": 404,
  conflict: 409,
  unsupported: 501,
  exhausted: 503,
  unavailable: 503,
  kernel: 500,
  storage: 500,
  internal: 500,
};

/**
 * A refusal as Docker would say it, since its clients match on status and text. Where Docker says less than we know, our sentence
 * follows its words.
 */
export function wordRefusal(error: unknown, asked: Asked): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof HttpRefusal) return new ApiError(error.status, error.message);
  if (!(error instanceof Refusal)) return undefined;
  const { kind, message, reason } = error;
  if (reason?.code === "address-space") return wordAddressSpace(error, asked);
  return (reason && wordReason(reason, asked)) ?? new ApiError(statusOf[kind], message);
}

function wordReason(reason: RefusalReason, asked: Asked): ApiError | undefined {
  switch (reason.code) {
    case "unknown":
      // A request to make a network names no other network.
      if (asked === "create") return noTemplate(reason.reference);
      return reason.what === "network"
        ? new ApiError(404, `network ${reason.reference} not found`)
        : new ApiError(404, `No such container: ${reason.reference}`);
    case "ambiguous":
      return reason.what === "network"
        ? new ApiError(
            400,
            `network ${reason.reference} is ambiguous (${reason.matches} matches found based on ID prefix)`,
          )
        : new ApiError(400, `multiple IDs found with provided prefix: ${reason.reference}`);
    case "name-taken":
      return new ApiError(409, `${reason.what} with name ${reason.name} already exists`);
    case "predefined":
      return predefined(reason.network, asked);
    case "has-endpoints": {
      const named = reason.endpoints.map(
        ({ sandbox, id }) => `name:${JSON.stringify(sandbox)} id:"${id.slice(0, 12)}"`,
      );
      const holders = named.join(", ");
      return new ApiError(
        403,
        `error while removing network: network ${reason.network} has active endpoints (${holders})`,
      );
    }
    case "not-template":
      return noTemplate(reason.network);
    case "has-followers":
      return new ApiError(
        403,
        `error while removing network: configuration network ${JSON.stringify(reason.network)} is in use`,
      );
    case "connected":
      return new ApiError(403, `endpoint with name ${reason.sandbox} already exists in network ${reason.network}`);
    case "not-connected":
      if (reason.network === PredefinedNetwork.host) {
        return new ApiError(
          400,
          "cannot disconnect container from host network - container was created in host network mode",
        );
      }
      return new ApiError(500, `container ${reason.sandbox} is not connected to network ${reason.network}`);
    case "not-attachable":
      return notAttachable(reason.driver);
    case "shared-namespace":
      return new ApiError(
        400,
        "container sharing network namespace with another container or host cannot be connected to any other network",
      );
    case "address-space":
      return undefined; // said with the kind
  }
}

function noTemplate(name: string): ApiError {
  return new ApiError(404, `configuration network ${JSON.stringify(name)} does not exist`);
}

function notAttachable(driver: NetworkDriverKind): ApiError {
  if (driver === "template") return new ApiError(403, "cannot create endpoint on configuration-only network");
  return new ApiError(
    400,
    driver === "host"
      ? "cannot connect container to host network - container must be created in host network mode"
      : "container cannot be connected to multiple networks with one of the networks in private (none) mode",
  );
}

/** Of a network that nobody makes or removes. */
export function predefined(network: string, asked: Asked): ApiError {
  return asked === "create"
    ? new ApiError(403, `operation is not permitted on predefined ${network} network `)
    : new ApiError(403, `${network} is a pre-defined network and cannot be removed`);
}

function wordAddressSpace({ kind, message }: Refusal, asked: Asked): ApiError {
  if (asked === "create") {
    if (kind === "conflict") {
      const words = "invalid pool request: Pool overlaps with other one on this address space";
      return new ApiError(403, `${words}: ${message}`);
    }
    if (kind === "exhausted") {
      return new ApiError(400, `all predefined address pools have been fully subnetted: ${message}`);
    }
    return new ApiError(400, `invalid network config:\n${message}`);
  }
  if (kind === "conflict") return new ApiError(403, `Address already in use: ${message}`);
  if (kind === "exhausted")
    return new ApiError(500, `no available addresses on this network's address pools: ${message}`);
  return new ApiError(400, `invalid endpoint settings:\n${message}`);
}
