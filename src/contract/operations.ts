import type { z } from "zod";
import {
  connectRequest,
  disconnectRequest,
  execRequest,
  logsRequest,
  networkRequest,
  networkSelection,
  nothing,
  pruneRequest,
  removeRequest,
  sandboxRequest,
  sandboxSelection,
  stopRequest,
} from "./inputs.ts";
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
export interface Operation<Input extends z.ZodType, Output, Kind extends "reply" | "stream"> {
  readonly method: "GET" | "POST" | "DELETE";
  /** `{field}` is filled from the input; what is left goes into the query (GET, DELETE) or the JSON body (POST). */
  readonly path: string;
  readonly input: Input;
  /** A reply is one JSON value; a stream is a JSON value a line until one side has enough. */
  readonly kind: Kind;
  /** Never set: carries the type of the answer. */
  readonly output?: Output;
}

const reply =
  <Output>() =>
  <Input extends z.ZodType>(
    method: "GET" | "POST" | "DELETE",
    path: string,
    input: Input,
  ): Operation<Input, Output, "reply"> => ({
    method,
    path,
    input,
    kind: "reply",
  });

const stream =
  <Output>() =>
  <Input extends z.ZodType>(path: string, input: Input): Operation<Input, Output, "stream"> => ({
    method: "GET",
    path,
    input,
    kind: "stream",
  });

/** All that a door may ask. The engine, the HTTP server and the HTTP client are made after this table. */
export const operations = {
  info: reply<EngineInfo>()("GET", "/v1/info", nothing),
  createNetwork: reply<NetworkView>()("POST", "/v1/networks", networkRequest),
  listNetworks: reply<readonly NetworkView[]>()("GET", "/v1/networks", nothing),
  getNetwork: reply<NetworkView>()("GET", "/v1/networks/{network}", networkSelection),
  removeNetwork: reply<null>()("DELETE", "/v1/networks/{network}", networkSelection),
  /** Removes the networks without endpoints that carry all of the labels; answers their names. */
  pruneNetworks: reply<readonly string[]>()("POST", "/v1/networks/prune", pruneRequest),
  connect: reply<EndpointView>()("POST", "/v1/networks/{network}/connect", connectRequest),
  disconnect: reply<null>()("POST", "/v1/networks/{network}/disconnect", disconnectRequest),
  createSandbox: reply<SandboxView>()("POST", "/v1/sandboxes", sandboxRequest),
  listSandboxes: reply<readonly SandboxView[]>()("GET", "/v1/sandboxes", nothing),
  getSandbox: reply<SandboxView>()("GET", "/v1/sandboxes/{sandbox}", sandboxSelection),
  startSandbox: reply<SandboxView>()("POST", "/v1/sandboxes/{sandbox}/start", sandboxSelection),
  stopSandbox: reply<SandboxView>()("POST", "/v1/sandboxes/{sandbox}/stop", stopRequest),
  removeSandbox: reply<null>()("DELETE", "/v1/sandboxes/{sandbox}", removeRequest),
  /** What the caller's own launcher needs to run a command in the sandbox, on the caller's terminal. */
  prepareExec: reply<LaunchTicket>()("POST", "/v1/sandboxes/{sandbox}/exec", execRequest),
  logs: stream<LogLine>()("/v1/sandboxes/{sandbox}/logs", logsRequest),
  events: stream<EngineEvent>()("/v1/events", nothing),
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

/** The same over HTTP: inputs are text, since the other side parses them. */
export type ClientContract = { readonly [K in OperationName]: (input: OperationRequest<K>) => OperationOutput<K> };
