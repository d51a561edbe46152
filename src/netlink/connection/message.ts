/** One request; sequence number, port id, `NLM_F_REQUEST` and `NLM_F_ACK` belong to the connection. */
export interface Request {
  /** `RTM_*`, or subsystem and `NFT_MSG_*`. */
  readonly type: number;
  /** `NLM_F_*` beyond those that the connection adds. */
  readonly flags: number;
  /** All that follows the netlink header. */
  readonly payload: Uint8Array;
  /** Names the attribute at a byte offset of the payload, for extended acks: `IFLA_LINKINFO/IFLA_INFO_KIND`. */
  readonly locate?: (offset: number) => string | undefined;
}

/** One message from the kernel. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Of a notification: the port id of whoever caused it, 0 for the kernel itself. */
  readonly portId: number;
  readonly payload: Uint8Array;
}
