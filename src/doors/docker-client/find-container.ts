import { Refusal } from "../../contract/plain.ts";

/** What we ask of a container of Docker's. */
export interface DockerContainer {
  readonly id: string;
  readonly name: string;
  /** Of its first process, which lives in its network namespace. */
  readonly pid: number;
}

/** Milliseconds: dockerd answers in one or two, and in some seconds while it starts. */
const PATIENCE_MS = 10_000;
/** Bytes. A container with a thousand ports needs a tenth of it. */
const ANSWER_LIMIT = 4 * 1024 * 1024;
/** The oldest version of the API that today's dockerd serves, and newer than the oldest dockerd in use. */
const API_VERSION = "v1.40";

/**
 * Asks dockerd for a container that runs.
 *
 * @param name Its name, its id or the unique beginning of an id.
 * @throws {Refusal} one sentence: no dockerd, no such container, or none that runs.
 */
export async function findContainer(socket: string, name: string): Promise<DockerContainer> {
  const action = `Cannot find container ${name}`;
  const { status, text } = await ask(socket, `/${API_VERSION}/containers/${encodeURIComponent(name)}/json`, action);
  const answer = parse(text);
  if (status !== 200) {
    throw new Refusal(
      status === 404 ? "not-found" : "unavailable",
      `${action}: Docker says ${sayAgain(answer, status)}`,
    );
  }
  const container = readContainer(answer);
  if (container === undefined) {
    throw new Refusal("unavailable", `${action}: the answer on ${socket} is not Docker's, want the socket of dockerd`);
  }
  if (container.pid === 0) {
    throw new Refusal("conflict", `Cannot use container ${name}: it does not run, want it started first`);
  }
  return container;
}

async function ask(socket: string, path: string, action: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(`http://docker${path}`, { unix: socket, signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: response.status, text: await readLimited(response) };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Refusal(
      "unavailable",
      `${action}: dockerd does not answer on ${socket} (${why}), want its socket by DOCKER_HOST=unix:///PATH`,
      { cause: error },
    );
  }
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_LIMIT) {
      throw new Refusal("unavailable", `Cannot read Docker's answer: want at most ${ANSWER_LIMIT} bytes`);
    }
  }
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Docker's own sentence. */
function sayAgain(answer: unknown, status: number): string {
  const message = field(answer, "message");
  return typeof message === "string" ? JSON.stringify(message.slice(0, 500)) : `status ${status}`;
}

function readContainer(answer: unknown): DockerContainer | undefined {
  const [id, name, pid] = [field(answer, "Id"), field(answer, "Name"), field(field(answer, "State"), "Pid")];
  if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  if (typeof name !== "string" || typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 0) return undefined;
  return { id, name: name.replace(/^\//, ""), pid };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
