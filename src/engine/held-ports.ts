import type { PublishedPort, Sandbox, SandboxId } from "../model/mod.ts";
import { PortReservationError, reservePort } from "../sys/mod.ts";
import { formatPublishedPort, PortError } from "./ports/mod.ts";

/**
 * Sockets that hold published ports. The firewall leads packets away before they reach them, but no other process of the
 * host can bind the port, and one that already has is found out. They are deaf: what reaches them all the same, because
 * the port leads nowhere, the firewall refuses for them.
 */
export class HeldPorts implements Disposable {
  readonly #sockets = new Map<string, Disposable>();
  readonly #bySandbox = new Map<SandboxId, string[]>();

  /**
   * Takes a port.
   *
   * @returns Who has it, when it is somebody else's; then nothing is held.
   * @throws {PortError} `invalid`: the host lacks the address.
   */
  hold(port: Pick<PublishedPort, "protocol" | "hostAddress" | "hostPort">): string | undefined {
    const key = formatPublishedPort(port);
    if (this.#sockets.has(key)) return undefined;
    const wanted = {
      protocol: port.protocol,
      port: port.hostPort,
      ...(port.hostAddress !== undefined && { address: port.hostAddress }),
    };
    try {
      this.#sockets.set(key, reservePort(wanted));
      return undefined;
    } catch (error) {
      if (!(error instanceof PortReservationError)) throw error;
      if (error.errno === "EADDRINUSE") return error.holder ?? "another process";
      if (error.errno === "EADDRNOTAVAIL") throw new PortError("invalid", error.message);
      throw error;
    }
  }

  /**
   * Takes the ports of sandboxes that are there already. Somebody else may have bound one while no daemon held it, and the
   * host may have lost an address: they are the sandbox's all the same.
   *
   * @returns A sentence for each that could not be held.
   */
  takeUp(sandboxes: Iterable<Sandbox>): readonly string[] {
    const sentences: string[] = [];
    for (const { id, name, ports } of sandboxes) {
      for (const port of ports) {
        if (port.routed === true) continue;
        const failure = this.#attempt(port);
        if (failure !== undefined)
          sentences.push(`port ${formatPublishedPort(port)} of sandbox ${name} is not held: ${failure}`);
      }
      this.assign(id, ports);
    }
    return sentences;
  }

  #attempt(port: PublishedPort): string | undefined {
    try {
      const holder = this.hold(port);
      return holder === undefined ? undefined : `${holder} has it`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The ports are the sandbox's until it is released. */
  assign(sandbox: SandboxId, ports: readonly PublishedPort[]): void {
    const held = ports.filter(({ routed }) => routed !== true);
    if (held.length > 0) this.#bySandbox.set(sandbox, held.map(formatPublishedPort));
    else this.#bySandbox.delete(sandbox);
  }

  release(sandbox: SandboxId): void {
    this.#close(this.#bySandbox.get(sandbox) ?? []);
    this.#bySandbox.delete(sandbox);
  }

  /** Lets go of what was held for nobody: a creation that did not come about. */
  releaseUnassigned(): void {
    const assigned = new Set([...this.#bySandbox.values()].flat());
    this.#close([...this.#sockets.keys()].filter((key) => !assigned.has(key)));
  }

  #close(keys: readonly string[]): void {
    for (const key of keys) {
      this.#sockets.get(key)?.[Symbol.dispose]();
      this.#sockets.delete(key);
    }
  }

  [Symbol.dispose](): void {
    this.#close([...this.#sockets.keys()]);
  }
}
