import type { Endpoint, Network, NetworkDriverKind, Sandbox } from "../model/mod.ts";

/** A network and who is on it. */
export interface NetworkView extends Network {
  readonly endpoints: readonly EndpointView[];
}

/** An endpoint with the names that people know. */
export interface EndpointView extends Endpoint {
  readonly networkName: string;
  readonly sandboxName: string;
}

export const sandboxStates = ["created", "running", "restarting", "exited", "dead"] as const;
export type SandboxState = (typeof sandboxStates)[number];
export type Health = "starting" | "healthy" | "unhealthy";

export interface SandboxStatus {
  /** `dead`: its namespace is gone. A sandbox without a process of ours is `running` while its namespace is there. */
  readonly state: SandboxState;
  readonly pid?: number;
  /** Absent while it runs, and when nobody saw the end. */
  readonly exitCode?: number;
  /** RFC 3339, UTC. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly health?: Health;
  /** Why its program could not be started, one sentence. */
  readonly failure?: string;
}

export interface SandboxView extends Sandbox {
  readonly status: SandboxStatus;
  readonly endpoints: readonly EndpointView[];
  /** Opens its network namespace. */
  readonly netnsPath: string;
}

/** Everything that a launcher needs to start a program in a sandbox: see src/processes. */
export interface LaunchTicket {
  readonly spec: string;
}

export interface EngineInfo {
  readonly version: string;
  readonly pid: number;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  readonly networks: number;
  readonly sandboxes: number;
  readonly endpoints: number;
  /** Bytes. */
  readonly residentMemory: number;
  /** Sentences that a host's owner should read, such as a forwarding switch that is off. */
  readonly warnings: readonly string[];
}

/** Something that happened, in the order in which it did. */
export interface EngineEvent {
  readonly kind:
    | "network-create"
    | "network-remove"
    | "connect"
    | "disconnect"
    | "sandbox-create"
    | "sandbox-start"
    | "sandbox-exit"
    | "sandbox-health"
    | "sandbox-remove"
    | "repair"
    /** Something of the host that its owner should know, as `weft info` has it. */
    | "warning";
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Its name; the id tells it from later ones of that name. */
  readonly network?: string;
  readonly networkId?: string;
  /** Of the network. */
  readonly driver?: NetworkDriverKind;
  /** Its name, and its id. */
  readonly sandbox?: string;
  readonly sandboxId?: string;
  /** Of the sandbox. */
  readonly labels?: Readonly<Record<string, string>>;
  /** A sentence for people: what was repaired, how it ended. */
  readonly detail?: string;
  /** Of `sandbox-exit`: 128 and the signal's number when a signal ended it; absent when nobody saw the end. */
  readonly exitCode?: number;
}

export interface LogLine {
  readonly text: string;
}
