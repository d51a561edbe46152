export * from "./constants.ts";
export {
  type FlowAttributes,
  type FlowAttributesInput,
  flowAttributes,
  type TupleAttributes,
  type TupleAttributesInput,
} from "./flow-attributes.ts";
export { type FlowMessage, type FlowMessageInput, flowMessage } from "./flow-message.ts";
export { type ConntrackRequest, conntrackRequest } from "./request.ts";
