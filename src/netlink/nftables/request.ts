import type { Codec } from "../../wire/mod.ts";
import { nftMessage } from "./message.ts";

/** One request as the connection takes it: sequence number, port and acknowledgement are the connection's. */
export interface NftablesRequest {
  /** `NFT_MSG_*`, subsystem included. */
  readonly type: number;
  /** `NLM_F_*` beyond those that the connection adds. */
  readonly flags: number;
  readonly payload: Uint8Array;
  /** The path of the attribute at an offset into the payload, for the kernel's extended acks. */
  readonly locate: (offset: number) => string | undefined;
}

export interface RequestHead {
  readonly type: number;
  readonly flags?: number;
  /** `NfProto`; 0 is every family. */
  readonly family: number;
}

export function nftablesRequest<Out, In>(head: RequestHead, body: Codec<Out, In>, value: In): NftablesRequest {
  const message = nftMessage(body);
  const payload = message.encode({ family: head.family, body: value });
  return { type: head.type, flags: head.flags ?? 0, payload, locate: (offset) => message.locate(payload, offset) };
}
