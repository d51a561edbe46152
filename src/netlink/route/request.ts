import type { Codec } from "../../wire/mod.ts";

/** One request as the connection takes it: sequence number, port and acknowledgement are the connection's. */
export interface RouteRequest {
  /** `RTM_*`. */
  readonly type: number;
  /** `NLM_F_*` beyond those that the connection adds. */
  readonly flags: number;
  readonly payload: Uint8Array;
  /** The path of the attribute at an offset into the payload, for the kernel's extended acks. */
  readonly locate: (offset: number) => string | undefined;
}

export function routeRequest<Out, In>(type: number, flags: number, message: Codec<Out, In>, value: In): RouteRequest {
  const payload = message.encode(value);
  return { type, flags, payload, locate: (offset) => message.locate(payload, offset) };
}
