export type { Flow, FlowCounters, FlowProtocol, FlowTuple } from "./flow.ts";
export { deleteFlows, formatTuple, listFlows } from "./flow-client.ts";
export { decodeFlowEvent, type FlowEvent, type FlowWatchOptions, watchFlows } from "./flow-event.ts";
export { type FlowFilter, type FlowTupleFilter, matchesFlow } from "./flow-filter.ts";
export { readFlows } from "./read-flows.ts";
