/** Source: `BR_STATE_*` in include/uapi/linux/if_bridge.h; the place is the number. */
export const bridgePortStates = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;
export type BridgePortState = (typeof bridgePortStates)[number];

/** How a link behaves as port of its bridge. */
export interface BridgePort {
  readonly state?: BridgePortState;
  readonly priority?: number;
  readonly cost?: number;
  /** Exchanges no frames with other isolated ports. */
  readonly isolated?: boolean;
  /** Frames may leave where they came in. */
  readonly hairpin?: boolean;
  readonly learning?: boolean;
  /** Frames to unknown unicast destinations leave here too. */
  readonly unicastFlood?: boolean;
  readonly multicastFlood?: boolean;
  readonly broadcastFlood?: boolean;
  readonly multicastToUnicast?: boolean;
  readonly fastLeave?: boolean;
  /** Answers ARP and neighbour solicitations instead of flooding them. */
  readonly neighbourSuppress?: boolean;
  readonly proxyArp?: boolean;
  readonly bpduGuard?: boolean;
  readonly rootBlock?: boolean;
  /** Only senders that the FDB knows at this port get in. */
  readonly locked?: boolean;
}

/**
 * The options that may be set; `state` only while spanning tree is off, and then to `listening`, `learning` or `forwarding`: a port
 * that is blocking or disabled with its carrier there the kernel sets forwarding again at once (Linux 6.18).
 */
export type BridgePortOptions = BridgePort;
