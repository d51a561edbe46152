import { type LinkIndex, parseLinkIndex } from "../../kernel/objects/mod.ts";
import { LinkClient, type Step } from "../../kernel/route/mod.ts";
import type { LinkName } from "../../net/mod.ts";
import { type Connection, type KernelError, openConnection } from "../../netlink/connection/mod.ts";
import type { Netns } from "../../sys/mod.ts";

export interface NetworkKernelOptions {
  /** Absent: the one that this thread is in. */
  readonly netns?: Netns;
  /** Absent: the request is left to a process that outlives this one. */
  readonly removeLinks?: (indexes: readonly LinkIndex[]) => Promise<void>;
}

/** One namespace's rtnetlink and nf_tables, opened when first needed. */
export class NetworkKernel implements Disposable {
  readonly #netns: Netns | undefined;
  /** Deletes links, for a process that goes on afterwards. */
  readonly removeLinks: ((indexes: readonly LinkIndex[]) => Promise<void>) | undefined;
  #route: Connection | undefined;
  #netfilter: Connection | undefined;

  constructor({ netns, removeLinks }: NetworkKernelOptions = {}) {
    this.#netns = netns;
    this.removeLinks = removeLinks;
  }

  get route(): Connection {
    this.#route ??= openConnection({ protocol: "route", ...(this.#netns !== undefined && { netns: this.#netns }) });
    return this.#route;
  }

  get netfilter(): Connection {
    this.#netfilter ??= openConnection({ protocol: "netfilter" });
    return this.#netfilter;
  }

  get links(): LinkClient {
    return new LinkClient(this.route);
  }

  findIndex(name: LinkName): LinkIndex | undefined {
    const index = this.route.linkIndex(name);
    return index === undefined ? undefined : parseLinkIndex(index);
  }

  /** All in one go. @throws {KernelError} of the first refused; those after it were tried too. */
  apply(steps: readonly Step[]): void {
    const refused = this.attempt(steps).find((error) => error !== undefined);
    if (refused !== undefined) throw refused;
  }

  attempt(steps: readonly Step[]): readonly (KernelError | undefined)[] {
    return steps.length === 0 ? [] : this.route.pipeline(steps);
  }

  [Symbol.dispose](): void {
    this.#route?.[Symbol.dispose]();
    this.#netfilter?.[Symbol.dispose]();
  }
}
