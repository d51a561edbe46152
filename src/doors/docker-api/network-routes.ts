import { parseMoment } from "../../lib/mod.ts";
import { isPredefinedNetwork } from "../../model/mod.ts";
import { dockerNetwork, dockerNetworkSummary, type Filters, networkFilterKeys, SCOPE } from "../docker-shape/mod.ts";
import { ApiError } from "./api-error.ts";
import { apiVersion } from "./api-version.ts";
import { type Call, empty, json } from "./call.ts";
import { readCreateRequest } from "./create-request.ts";
import { readConnectRequest, readContainer } from "./endpoint-request.ts";
import { ipamStatus } from "./ipam-status.ts";
import { askFilters, readFilters } from "./query-filters.ts";
import { readTruth } from "./query-values.ts";
import { readBody } from "./read-body.ts";
import { predefined } from "./word-refusal.ts";

export async function listNetworks({ client, query, version }: Call): Promise<Response> {
  const isWanted = askFilters(readFilters(query), networkFilterKeys);
  const networks = (await client.listNetworks({})).filter(isWanted);
  if (version < apiVersion("1.28")) return json(networks.map(dockerNetwork));
  // From then on the list does not say who is on them; the empty field went with 1.52.
  const containers = version < apiVersion("1.52") && { Containers: {} };
  return json(networks.map((network) => ({ ...dockerNetworkSummary(network), ...containers })));
}

export async function inspectNetwork({ client, query, version }: Call, reference: string): Promise<Response> {
  readTruth("verbose", query.get("verbose") ?? ""); // of services, which there are none of
  const scope = query.get("scope") ?? "";
  if (scope !== "" && scope !== SCOPE) throw new ApiError(404, `network ${reference} not found`);
  const network = await client.getNetwork({ network: reference });
  return json({
    ...dockerNetwork(network),
    ...(version >= apiVersion("1.52") && { Status: { IPAM: ipamStatus(network) } }),
  });
}

export async function createNetwork(call: Call): Promise<Response> {
  const { id } = await call.client.createNetwork(readCreateRequest(readBody(call), call.version));
  return json({ Id: id, Warning: "" }, 201);
}

export async function removeNetwork({ client }: Call, reference: string): Promise<Response> {
  if (isPredefinedNetwork(reference)) throw predefined(reference, "remove"); // also when there is no `bridge` yet
  const { id, name } = await client.getNetwork({ network: reference });
  if (isPredefinedNetwork(name)) throw predefined(name, "remove");
  await client.removeNetwork({ network: id });
  return empty(204);
}

export async function connectNetwork(call: Call, reference: string): Promise<Response> {
  await call.client.connect(readConnectRequest(reference, readBody(call), call.version));
  return empty(200);
}

export async function disconnectNetwork(call: Call, reference: string): Promise<Response> {
  const body = readBody(call);
  await call.client.disconnect({
    network: reference,
    sandbox: readContainer(body),
    force: body.flag("Force") ?? false,
  });
  return empty(200);
}

export async function pruneNetworks({ client, query, now }: Call): Promise<Response> {
  const filters = readFilters(query);
  const unknown = Array.from(filters.keys()).find((key) => !["label", "label!", "until"].includes(key));
  if (unknown !== undefined) throw new ApiError(400, `invalid filter '${unknown}'`);
  const until = readUntil(filters, now());
  const removed = await client.pruneNetworks({
    labels: [...(filters.get("label") ?? [])],
    withoutLabels: [...(filters.get("label!") ?? [])],
    ...(until !== undefined && { createdBefore: new Date(until).toISOString() }),
  });
  return json({ NetworksDeleted: removed.length === 0 ? null : removed });
}

function readUntil(filters: Filters, now: number): number | undefined {
  const [text, ...more] = filters.get("until") ?? [];
  if (text === undefined) return undefined;
  if (more.length > 0) throw new ApiError(400, "more than one until filter specified");
  try {
    return parseMoment(text, now);
  } catch {
    throw new ApiError(400, `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  }
}
