import { type FlowMessageInput, flowMessage } from "./flow-message.ts";

/** One request as the connection takes it: sequence number, port and acknowledgement are the connection's. */
export interface ConntrackRequest {
  /** `IPCTNL_MSG_*`. */
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  readonly locate: (offset: number) => string | undefined;
}

export function conntrackRequest(type: number, message: FlowMessageInput): ConntrackRequest {
  const payload = flowMessage.encode(message);
  return { type, flags: 0, payload, locate: (offset) => flowMessage.locate(payload, offset) };
}
