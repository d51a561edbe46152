import { containerFilterKeys, dockerContainer, dockerContainerSummary, networksById } from "../docker-shape/mod.ts";
import { ApiError } from "./api-error.ts";
import { apiVersion } from "./api-version.ts";
import { type Call, json } from "./call.ts";
import { askFilters, readFilters } from "./query-filters.ts";
import { readSwitch, readWhole } from "./query-values.ts";
import { streamResponse } from "./stream-response.ts";

export async function listContainers({ client, query, now }: Call): Promise<Response> {
  const filters = readFilters(query);
  const limit = readWhole("limit", query.get("limit") ?? "") ?? 0;
  const all = await client.listSandboxes({});
  const isWanted = askFilters(filters, containerFilterKeys(all));
  // A state that is asked for, or a number of the latest, is looked for among all of them.
  const wantsAll = readSwitch(query.get("all")) || limit > 0 || filters.has("status") || filters.has("exited");
  const shown = all
    .filter((sandbox) => isWanted(sandbox) && (wantsAll || isUp(sandbox.status.state)))
    .toSorted((a, b) => (a.created < b.created ? 1 : -1))
    .slice(0, limit > 0 ? limit : all.length);
  const networks = networksById(await client.listNetworks({}));
  return json(shown.map((sandbox) => dockerContainerSummary(sandbox, networks, now())));
}

function isUp(state: string): boolean {
  return state === "running" || state === "restarting";
}

export async function inspectContainer({ client }: Call, reference: string): Promise<Response> {
  const sandbox = await client.getSandbox({ sandbox: reference });
  return json(dockerContainer(sandbox, networksById(await client.listNetworks({}))));
}

/** What a program wrote, in frames of Docker's: a byte for the stream, three of zero, the length, the text. Of one stream: ours are not told apart. */
export async function containerLogs(call: Call, reference: string): Promise<Response> {
  const { client, query, version } = call;
  const { id } = await client.getSandbox({ sandbox: reference });
  if (!readSwitch(query.get("stdout")) && !readSwitch(query.get("stderr"))) {
    throw new ApiError(400, "Bad parameters: you must choose at least one stream");
  }
  for (const name of ["timestamps", "since", "until"]) {
    if (["", "0", "false"].includes(query.get(name) ?? "")) continue;
    throw new ApiError(
      501,
      `${name} of logs is not supported by Weft: its logs have no times, want them whole or by tail`,
    );
  }
  const tail = query.get("tail") === "all" ? undefined : readWhole("tail", query.get("tail") ?? "");
  const follow = readSwitch(query.get("follow"));
  const isNothing = !readSwitch(query.get("stdout"));
  const lines = client.logs({ sandbox: id, follow, ...(tail !== undefined && tail >= 0 && { tail }) });
  const isMultiplexed = version >= apiVersion("1.42");
  return streamResponse(call, lines, {
    type: isMultiplexed ? "application/vnd.docker.multiplexed-stream" : "application/vnd.docker.raw-stream",
    encode: ({ text }) => (isNothing ? undefined : frame(text)),
  });
}

const STDOUT = 1;

function frame(text: string): Uint8Array {
  const line = Buffer.from(`${text}\n`);
  const header = Buffer.alloc(8);
  header[0] = STDOUT;
  header.writeUInt32BE(line.length, 4);
  return Buffer.concat([header, line]);
}
