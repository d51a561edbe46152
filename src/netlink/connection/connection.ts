import type { Netns } from "../../sys/mod.ts";
import type { KernelError } from "./kernel-error.ts";
import type { Message, Request } from "./message.ts";

export type NetlinkProtocol = "route" | "netfilter" | "sock_diag" | "generic";

export interface ConnectionOptions {
  readonly protocol: NetlinkProtocol;
  /** The namespace to talk to, for ever; absent: the one that this thread is in. */
  readonly netns?: Netns;
}

/** A request and what an error says we tried. */
export interface PipelineStep {
  /** As an infinitive: `create bridge "br0"`. */
  readonly operation: string;
  readonly request: Request;
}

/**
 * One netlink socket. Every call blocks until the kernel has answered, for some tens of microseconds; deleting a link
 * takes 20 ms, and is better done by `kernel/deleter`.
 */
export interface Connection extends Disposable {
  /** Of this socket, as notifications about its changes carry it. */
  readonly portId: number;

  /** Sends a change and waits for its ack. @throws {KernelError} */
  request(operation: string, request: Request): void;

  /** Asks for one thing, or changes with `NLM_F_ECHO`: the messages that came before the ack. @throws {KernelError} */
  query(operation: string, request: Request): readonly Message[];

  /**
   * Asks for all things of a kind. A dump that a change interrupted is repeated.
   *
   * @throws {KernelError} `EINTR` when every repetition was interrupted, too.
   */
  dump(operation: string, request: Request): readonly Message[];

  /** Sends many independent changes in as few system calls as fit. @returns For each step its error, or `undefined`. */
  pipeline(steps: readonly PipelineStep[]): readonly (KernelError | undefined)[];

  /**
   * The number of a link in the socket's namespace, by its name; `undefined` when there is none. By ioctl and not by message:
   * it does not wait for whoever changes links, and no answer about all of the link has to be made.
   */
  linkIndex(name: string): number | undefined;

  /**
   * nf_tables: all messages as one batch, applied whole or not at all.
   *
   * @param operation What we tried, for an error that belongs to no single message.
   * @param describe What message `index` tries, as an infinitive.
   * @throws {TransactionError} names every message refused by its index.
   */
  transaction(operation: string, messages: readonly Request[], describe: (index: number) => string): void;
}
