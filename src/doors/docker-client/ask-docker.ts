import { Refusal } from "../../contract/plain.ts";

/** Milliseconds: dockerd answers in one or two, and in some seconds while it starts. */
const PATIENCE_MS = 10_000;
/** Bytes. A list of a thousand containers is a quarter of it. */
const ANSWER_LIMIT = 16 * 1024 * 1024;
/** The oldest version of the API that today's dockerd serves, and newer than the oldest dockerd in use. */
const API_VERSION = "v1.40";

/**
 * Asks dockerd something.
 *
 * @param path Without the API's version, such as `/networks`.
 * @param action What a refusal begins with, such as "Cannot find container web".
 * @returns The JSON of a good answer.
 * @throws {Refusal} one sentence: no dockerd, or Docker's own word.
 */
export async function askDocker(socket: string, path: string, action: string): Promise<unknown> {
  const { status, text } = await send(socket, path, action);
  const answer = parse(text);
  if (status === 200) return answer;
  const kind = status === 404 ? "not-found" : "unavailable";
  throw new Refusal(kind, `${action}: Docker says ${sayAgain(answer, status)}`);
}

/** A field of foreign data; `undefined` when there is no such thing. */
export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

async function send(socket: string, path: string, action: string): Promise<{ status: number; text: string }> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`http://docker/${API_VERSION}${path}`, { unix: socket, signal });
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
