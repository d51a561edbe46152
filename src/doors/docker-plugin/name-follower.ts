import type { ClientContract } from "../../contract/mod.ts";
import { listNames } from "../docker-client/mod.ts";

/** Milliseconds from a change to the looks at Docker's names: its lists know of a container once it runs, on a busy host some seconds later. */
const LOOKS_AFTER_MS = [300, 3_000, 15_000] as const;

/**
 * Docker does not tell a driver what its users call networks and containers, and must not be asked while it waits for the driver. So it
 * is asked a little later; when it does not answer, they are called by their ids.
 */
export class NameFollower implements Disposable {
  readonly #client: ClientContract;
  readonly #socket: string;
  #timers: ReturnType<typeof setTimeout>[] = [];

  /** @param socket Of dockerd's API. */
  constructor(client: ClientContract, socket: string) {
    this.#client = client;
    this.#socket = socket;
  }

  /** Something came that has a name. */
  notice(): void {
    this.#stop();
    this.#timers = LOOKS_AFTER_MS.map((afterMs) => setTimeout(() => void this.#look(), afterMs));
  }

  async #look(): Promise<void> {
    try {
      const { networks, endpoints } = await listNames(this.#socket);
      if (networks.length + endpoints.length > 0) {
        await this.#client.nameExternal({ owner: "docker", networks: [...networks], endpoints: [...endpoints] });
      }
    } catch {
      // dockerd is elsewhere, or gone.
    }
  }

  #stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
