import type { Socket } from "bun";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One HTTP/1.1 connection to a daemon's unix socket that stays open. Bun's own `fetch` takes a thread of its own and up to 0.3 ms
 * for a request; what is measured here is the daemon.
 */
export class UnixClient implements Disposable {
  readonly #socket: Socket;
  readonly #answers: AnswerReader;

  private constructor(socket: Socket, answers: AnswerReader) {
    this.#socket = socket;
    this.#answers = answers;
  }

  static async open(path: string): Promise<UnixClient> {
    const answers = new AnswerReader();
    const socket = await Bun.connect({
      unix: path,
      socket: {
        data: (_, bytes) => answers.feed(bytes),
        close: () => answers.fail(new Error(`Cannot go on: ${path} closed the connection`)),
        error: (_, error) => answers.fail(error),
      },
    });
    return new UnixClient(socket, answers);
  }

  /**
   * One at a time.
   *
   * @param body Anything that becomes JSON, of some kilobytes at most: it is sent in one write.
   */
  request(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const type = body === undefined ? "" : "Content-Type: application/json\r\n";
    const length = `Content-Length: ${Buffer.byteLength(text)}\r\n`;
    const answered = this.#answers.next();
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${type}${length}\r\n${text}`);
    return answered;
  }

  [Symbol.dispose](): void {
    this.#socket.end();
  }
}

/** Puts answers together from what the socket brings; each has a length or comes in chunks (RFC 9112, section 6). */
class AnswerReader {
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<HttpAnswer> | undefined;
  #failure: Error | undefined;

  next(): Promise<HttpAnswer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  feed(bytes: Uint8Array): void {
    this.#received = this.#received.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#received, bytes]);
    const answer = parseAnswer(this.#received);
    if (answer === undefined) return;
    this.#received = Buffer.alloc(0);
    this.#waiting?.resolve(answer);
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#waiting?.reject(error);
  }
}

/** @returns `undefined` while there is more to come. */
export function parseAnswer(bytes: Buffer): HttpAnswer | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd).toLowerCase();
  const content = bytes.subarray(headEnd + 4);
  const status = Number(head.slice(9, 12));
  const length = /^content-length: *(\d+)/m.exec(head)?.[1];
  if (length !== undefined) {
    return content.length < Number(length) ? undefined : { status, body: content.toString() };
  }
  if (!/^transfer-encoding: *chunked/m.test(head)) return { status, body: "" }; // 204 and the like
  const body = joinChunks(content);
  return body === undefined ? undefined : { status, body };
}

function joinChunks(content: Buffer): string | undefined {
  const parts: Buffer[] = [];
  for (let offset = 0; ; ) {
    const lineEnd = content.indexOf("\r\n", offset);
    if (lineEnd < 0) return undefined;
    const length = Number.parseInt(content.toString("latin1", offset, lineEnd), 16);
    const start = lineEnd + 2;
    if (content.length < start + length + 2) return undefined;
    if (length === 0) return Buffer.concat(parts).toString();
    parts.push(content.subarray(start, start + length));
    offset = start + length + 2;
  }
}
