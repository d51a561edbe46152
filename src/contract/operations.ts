import type { z } from "zod";
import type { PublishedPort, ReservedPool } from "../model/mod.ts";
import type { InterfaceAddress } from "../net/mod.ts";
import {
  connectRequest,
  disconnectRequest,
  eventsRequest,
  execRequest,
  externalEndpointRequest,
  externalEndpointSelection,
  externalJoinRequest,
  externalNames,
  externalPortsRequest,
  logsRequest,
  networkRequest,
  networkSelection,
  nothing,
  poolAddressRequest,
  poolAddressSelection,
  poolRequest,
  poolSelection,
  pruneRequest,
  removeRequest,
  sandboxRequest,
  sandboxSelection,
  stopRequest,
} from "./inputs.ts";
import type { OpenedStream } from "./opened-stream.ts";
import { type OperationRoute, operationRoutes as routes } from "./routes.ts";
import type {
  EndpointView,
  EngineEvent,
  EngineInfo,
  LaunchTicket,
  LogLine,
  NetworkView,
  SandboxView,
} from "./views.ts";

/** One thing that a door may ask of the engine, and where it stands in the HTTP API. */
export interface Operation<Input extends z.ZodType, Output, Kind extends "reply" | "stream"> extends OperationRoute {
  readonly input: Input;
  readonly kind: Kind;
  /** Never set: carries the type of the answer. */
  readonly output?: Output;
}

/** @typeParam Output What it answers; a stream answers many. */
const operation =
  <Output>() =>
  <Input extends z.ZodType, Kind extends "reply" | "stream">(
    route: OperationRoute & { readonly kind: Kind },
    input: Input,
  ): Operation<Input, Output, Kind> => ({ ...route, input });

/** All that a door may ask. The engine, the HTTP server and the HTTP client are made after this table. */
export const operations = {
  info: operation<EngineInfo>()(routes.info, nothing),
  createNetwork: operation<NetworkView>()(routes.createNetwork, networkRequest),
  listNetworks: operation<readonly NetworkView[]>()(routes.listNetworks, nothing),
  getNetwork: operation<NetworkView>()(routes.getNetwork, networkSelection),
  removeNetwork: operation<null>()(routes.removeNetwork, networkSelection),
  /** Removes the networks without endpoints that the request lets through; answers their names. */
  pruneNetworks: operation<readonly string[]>()(routes.pruneNetworks, pruneRequest),
  connect: operation<EndpointView>()(routes.connect, connectRequest),
  disconnect: operation<null>()(routes.disconnect, disconnectRequest),
  createSandbox: operation<SandboxView>()(routes.createSandbox, sandboxRequest),
  listSandboxes: operation<readonly SandboxView[]>()(routes.listSandboxes, nothing),
  getSandbox: operation<SandboxView>()(routes.getSandbox, sandboxSelection),
  startSandbox: operation<SandboxView>()(routes.startSandbox, sandboxSelection),
  stopSandbox: operation<SandboxView>()(routes.stopSandbox, stopRequest),
  removeSandbox: operation<null>()(routes.removeSandbox, removeRequest),
  /** What the caller's own launcher needs to run a command in the sandbox, on the caller's terminal. */
  prepareExec: operation<LaunchTicket>()(routes.prepareExec, execRequest),
  logs: operation<LogLine>()(routes.logs, logsRequest),
  /** Makes an endpoint that another engine has an id and addresses for; it has no link until it joins. Doing so again changes nothing. */
  createExternalEndpoint: operation<EndpointView>()(routes.createExternalEndpoint, externalEndpointRequest),
  /** Makes its pair of links, whose other end waits in the host's namespace for that engine to take it. */
  joinExternalEndpoint: operation<EndpointView>()(routes.joinExternalEndpoint, externalJoinRequest),
  publishExternalPorts: operation<readonly PublishedPort[]>()(routes.publishExternalPorts, externalPortsRequest),
  /** Nothing is published any more, if the ports lead to this endpoint. */
  withdrawExternalPorts: operation<null>()(routes.withdrawExternalPorts, externalEndpointSelection),
  /** Deletes its links, and takes back its ports. */
  leaveExternalEndpoint: operation<null>()(routes.leaveExternalEndpoint, externalEndpointSelection),
  /** Also of one that is not known. */
  removeExternalEndpoint: operation<null>()(routes.removeExternalEndpoint, externalEndpointSelection),
  /** Those that are not known are left out. */
  nameExternal: operation<null>()(routes.nameExternal, externalNames),
  /** Takes address space for another engine, whose networks may be of any driver. */
  reservePool: operation<ReservedPool>()(routes.reservePool, poolRequest),
  /** Also of one that is not known. */
  releasePool: operation<null>()(routes.releasePool, poolSelection),
  reserveAddress: operation<InterfaceAddress>()(routes.reserveAddress, poolAddressRequest),
  releaseAddress: operation<null>()(routes.releaseAddress, poolAddressSelection),
  events: operation<EngineEvent>()(routes.events, eventsRequest),
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
/** As parsed: what the engine gets. */
export type OperationInput<K extends OperationName> = z.output<Operations[K]["input"]>;
/** As written: what a client may send. */
export type OperationRequest<K extends OperationName> = z.input<Operations[K]["input"]>;
export type OperationOutput<K extends OperationName> =
  Operations[K] extends Operation<infer _I, infer Output, infer Kind>
    ? Kind extends "stream"
      ? AsyncIterable<Output>
      : Promise<Output>
    : never;

/** What the engine is to its doors. Errors are `Refusal`s. */
export type EngineContract = { readonly [K in OperationName]: (input: OperationInput<K>) => OperationOutput<K> };

/** What a client gets: as the engine answers, and with its streams when they are being served. */
export type ClientOutput<K extends OperationName> =
  OperationOutput<K> extends AsyncIterable<infer Output> ? OpenedStream<Output> : OperationOutput<K>;

/** The same over HTTP: inputs are text, since the other side parses them. */
export type ClientContract = { readonly [K in OperationName]: (input: OperationRequest<K>) => ClientOutput<K> };
