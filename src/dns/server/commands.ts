/** What the engine tells the name server. All of it is plain data: it crosses to a Worker. */

/** A name server to ask, and the namespace to ask it from: the sandbox's own for its `--dns`, the host's for the host's servers. */
export interface ForwarderSpec {
  /** IPv4, or IPv6 (a zone such as `%eth0` is refused here: give the plain address and `scope`). */
  readonly address: string;
  readonly port?: number;
  readonly from: "sandbox" | "host";
  /** The interface's index in the namespace it is asked from, for a link-local IPv6 address. */
  readonly scope?: number;
}

export interface SandboxSpec {
  readonly id: string;
  /** Opened while the command is carried out. The sockets keep the namespace alive until `remove-sandbox`. */
  readonly netnsPath: string;
  /** Ids, in the order that decides between two networks that know a name. */
  readonly networks: readonly string[];
  /** In the order to ask. */
  readonly forwarders: readonly ForwarderSpec[];
  /** `false` for a sandbox that is only on internal networks: then only forwarders of `from: "sandbox"` are asked. */
  readonly forward: boolean;
  /** The user set `ndots`: an unknown name of one label is then answered empty, so that the client tries its search list. */
  readonly ndots?: number;
  /** Names that this sandbox alone sees: each stands for another one on a network of its, by id. */
  readonly links?: readonly { readonly alias: string; readonly network: string; readonly name: string }[];
  /** Where to serve, 127.0.0.11 port 53 unless it is said. IPv4. */
  readonly listen?: { readonly address: string; readonly port: number };
}

export interface EndpointSpec {
  readonly id: string;
  readonly network: { readonly id: string; readonly name: string };
  /** Names and aliases; the first is what its addresses are resolved back to. Several endpoints may share one. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

/** `put` adds, or replaces what has that id; `remove` of what is not there does nothing. */
export type DnsCommand =
  | ({ readonly kind: "put-sandbox" } & SandboxSpec)
  | { readonly kind: "remove-sandbox"; readonly id: string }
  | ({ readonly kind: "put-endpoint" } & EndpointSpec)
  | { readonly kind: "remove-endpoint"; readonly id: string };

/** A command that could not be carried out; the others of its batch were. */
export interface DnsFailure {
  /** Index in the batch. */
  readonly index: number;
  readonly kind: DnsCommand["kind"];
  readonly id: string;
  /** A sentence: `Cannot serve names in sandbox "x": Cannot bind 127.0.0.11:53: EADDRINUSE`. */
  readonly message: string;
  /** The kernel's word, when it was the kernel: `EADDRINUSE`, `ENOENT`. */
  readonly errno?: string;
}

export interface DnsStatistics {
  readonly sandboxes: number;
  readonly networks: number;
  readonly endpoints: number;
  readonly tcpConnections: number;
  /** Since the start. */
  readonly queries: number;
  /** Answered from our own names. */
  readonly local: number;
  readonly cacheHits: number;
  readonly forwarded: number;
  /** Forwarded, and nobody answered well. */
  readonly forwardFailures: number;
  /** Not forwarded because the sandbox had too many on their way. */
  readonly overLimit: number;
  /** Malformed, or of a kind that is not served. */
  readonly rejected: number;
  readonly forwardsRunning: number;
  readonly cachedReplies: number;
}

/** From the main thread. Every request is answered with its number. */
export type DnsRequest = { readonly sequence: number } & (
  | { readonly kind: "apply"; readonly commands: readonly DnsCommand[] }
  | { readonly kind: "statistics" }
  | { readonly kind: "stop" }
);

/** From the worker. `ready` comes first: signal that event descriptor after every `postMessage`, or the worker sleeps on. */
export type DnsReport =
  | { readonly kind: "ready"; readonly wakeFd: number }
  | { readonly kind: "applied"; readonly sequence: number; readonly failures: readonly DnsFailure[] }
  | { readonly kind: "statistics"; readonly sequence: number; readonly statistics: DnsStatistics }
  | { readonly kind: "stopped"; readonly sequence: number }
  /** A mistake of ours in handling one event. The thread goes on: one sandbox's odd query must not silence all others. */
  | { readonly kind: "fault"; readonly message: string };
