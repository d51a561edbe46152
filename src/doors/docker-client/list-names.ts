import { askDocker, field } from "./ask-docker.ts";

/** What Docker's users call its networks and containers. */
export interface DockerNames {
  readonly networks: readonly DockerName[];
  /** Of containers that run, by the ids of their endpoints. */
  readonly endpoints: readonly DockerName[];
}

export interface DockerName {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
}

/** @throws {Refusal} when dockerd does not answer. What is not as Docker has it is left out. */
export async function listNames(socket: string): Promise<DockerNames> {
  const [networks, containers] = await Promise.all([
    askDocker(socket, "/networks", "Cannot list Docker's networks"),
    askDocker(socket, "/containers/json", "Cannot list Docker's containers"),
  ]);
  return {
    networks: items(networks).flatMap((network) => readName(field(network, "Id"), field(network, "Name"))),
    endpoints: items(containers).flatMap((container) => {
      const [name] = items(field(container, "Names"));
      const connected = field(field(container, "NetworkSettings"), "Networks");
      return Object.values(typeof connected === "object" && connected !== null ? connected : {}).flatMap((endpoint) =>
        readName(field(endpoint, "EndpointID"), name),
      );
    }),
  };
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function readName(id: unknown, name: unknown): readonly DockerName[] {
  if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id) || typeof name !== "string") return [];
  return [{ id, name: name.replace(/^\//, "") }];
}
