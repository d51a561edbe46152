import type { LinkIndex } from "./link-index.ts";

/** A token bucket: what a link may send. */
export interface TokenBucket {
  /** Bits a second. */
  readonly rateBits: bigint;
  /** Bytes that may leave at once; the kernel's clock rounds it. */
  readonly burstBytes: number;
  /** Bytes that may wait; more is dropped. */
  readonly limitBytes: number;
}

/** A queueing discipline on a link. */
export interface Qdisc {
  readonly link: LinkIndex;
  readonly kind: string;
  /** Major number << 16. */
  readonly handle: number;
  /** Where it hangs: the link's root, its ingress hook, or a class of another qdisc by handle. */
  readonly parent: "root" | "ingress" | number;
  readonly tokenBucket?: TokenBucket;
}
