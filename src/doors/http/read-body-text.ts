import { Refusal } from "../../contract/mod.ts";

/** Bytes. The largest request, a sandbox with thousands of ports, is far below. */
export const BODY_LIMIT = 1024 * 1024;

/** Milliseconds that a client may take to send a body. */
const BODY_TIMEOUT_MS = 30_000;

/** A refusal that only this door makes, with a status of its own. */
export class HttpRefusal extends Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(status === 404 ? "not-found" : "invalid", message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The body of a request, within limits.
 *
 * @throws {HttpRefusal} 400 when the client goes before it has sent all, 408, 413.
 */
export async function readBodyText(request: Request): Promise<string> {
  // Read to its end whatever its length, which the server bounds: a connection with an unread body would never be idle again, and
  // hold up the daemon's end.
  const text = await withTimeout(request.text().catch(brokenOff));
  if (text.length > BODY_LIMIT) throw tooLarge();
  return text;
}

function brokenOff(cause: unknown): never {
  throw new HttpRefusal(400, `Cannot read the body: the connection ended before it was whole (${cause})`);
}

function tooLarge(): HttpRefusal {
  return new HttpRefusal(413, `Cannot read the body: want at most ${BODY_LIMIT} bytes`);
}

async function withTimeout(reading: Promise<string>): Promise<string> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      timeout.reject(new HttpRefusal(408, `Cannot read the body: want it within ${BODY_TIMEOUT_MS / 1000} seconds`)),
    BODY_TIMEOUT_MS,
  );
  try {
    return await Promise.race([reading, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
