export { Refusal, type RefusalKind, type RefusalReason, type RefusedObject, refusalKinds } from "./errors.ts";
export type { EndpointRequest, NetworkRequest, SandboxRequest, SubnetRequest } from "./inputs.ts";
export { type OpenedStream, openedStream, type StreamTies } from "./opened-stream.ts";
export {
  type ClientContract,
  type ClientOutput,
  type EngineContract,
  type Operation,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  type OperationRequest,
  type Operations,
  operations,
} from "./operations.ts";
export { type OperationRoute, operationRoutes } from "./routes.ts";
export {
  type EndpointView,
  type EngineEvent,
  type EngineInfo,
  type Health,
  type LaunchTicket,
  type LogLine,
  type NetworkView,
  type SandboxState,
  type SandboxStatus,
  type SandboxView,
  sandboxStates,
} from "./views.ts";
