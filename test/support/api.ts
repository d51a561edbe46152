import { UnixClient } from "./unix-client.ts";

export interface ApiOptions {
  readonly socket: string;
  /** Of every path, such as `/v1`. */
  readonly prefix: string;
  /** Whose API it is, for errors. */
  readonly of: string;
}

export type Method = "GET" | "POST" | "DELETE";

/** A daemon's API over one connection that stays open: dockerd and weft are asked the same way. */
export class Api implements Disposable {
  readonly #client: UnixClient;
  readonly #options: ApiOptions;

  private constructor(client: UnixClient, options: ApiOptions) {
    this.#client = client;
    this.#options = options;
  }

  static async open(options: ApiOptions): Promise<Api> {
    return new Api(await UnixClient.open(options.socket), options);
  }

  /** @returns The JSON of the answer, `undefined` for none. @throws {Error} with the daemon's sentence when it refuses. */
  async request(method: Method, path: string, body?: unknown): Promise<unknown> {
    const { prefix, of } = this.#options;
    const answer = await this.#client.request(method, `${prefix}${path}`, body);
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`Cannot ${method} ${path}: ${of} answers ${answer.status}: ${answer.body}`);
    }
    return answer.body === "" ? undefined : JSON.parse(answer.body);
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}
