import { Refusal } from "../../contract/plain.ts";
import { askDocker, field } from "./ask-docker.ts";

/** What we ask of a container of Docker's. */
export interface DockerContainer {
  readonly id: string;
  readonly name: string;
  /** Of its first process, which lives in its network namespace. */
  readonly pid: number;
}

/**
 * Asks dockerd for a container that runs.
 *
 * @param name Its name, its id or the unique beginning of an id.
 * @throws {Refusal} one sentence: no dockerd, no such container, or none that runs.
 */
export async function findContainer(socket: string, name: string): Promise<DockerContainer> {
  const action = `Cannot find container ${name}`;
  const container = readContainer(await askDocker(socket, `/containers/${encodeURIComponent(name)}/json`, action));
  if (container === undefined) {
    throw new Refusal("unavailable", `${action}: the answer on ${socket} is not Docker's, want the socket of dockerd`);
  }
  if (container.pid === 0) {
    throw new Refusal("conflict", `Cannot use container ${name}: it does not run, want it started first`);
  }
  return container;
}

function readContainer(answer: unknown): DockerContainer | undefined {
  const [id, name, pid] = [field(answer, "Id"), field(answer, "Name"), field(field(answer, "State"), "Pid")];
  if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  if (typeof name !== "string" || typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 0) return undefined;
  return { id, name: name.replace(/^\//, ""), pid };
}
