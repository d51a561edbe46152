import { setTokenBucketStep } from "../kernel/route/mod.ts";
import type { LinkName } from "../net/mod.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { openContainer } from "./attach-bridge.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";

export interface TrafficLimit {
  /** Bits a second. */
  readonly rateBits: bigint;
  readonly burstBits: bigint;
}

export interface LimitsWish {
  readonly netnsPath: string;
  readonly toContainer?: TrafficLimit;
  readonly fromContainer?: TrafficLimit;
}

/** How long a packet may wait in a bucket's queue, as the reference plugin has it. */
const LATENCY_MS = 25n;

/**
 * Limits what each end of a container's pair sends: the host's end what goes to the container, the container's own what it sends. The
 * qdiscs go with the links.
 *
 * @throws {AttachmentError} `missing` when the link has no other end in the host's namespace.
 */
export async function limitTraffic(workplace: Workplace, owner: Owner, wish: LimitsWish): Promise<void> {
  const { host } = workplace;
  await makePart(workplace, owner, "limits", {
    decide: () => ({ links: [], elements: [], facts: {} }),
    act: () => {
      using netns = openContainer(wish.netnsPath);
      using inside = new NetworkKernel({ netns });
      const link = inside.links.find(owner.ifname as LinkName);
      if (link?.detail.kind !== "veth" || link.lower === undefined) {
        throw new AttachmentError("missing", `${owner.ifname} is no veth with an end in the host's namespace`);
      }
      if (wish.toContainer !== undefined) host.apply([setTokenBucketStep(link.lower, bucketOf(wish.toContainer))]);
      if (wish.fromContainer !== undefined)
        inside.apply([setTokenBucketStep(link.index, bucketOf(wish.fromContainer))]);
    },
  });
}

function bucketOf({ rateBits, burstBits }: TrafficLimit) {
  const burst = burstBits / 8n;
  const limit = ((rateBits / 8n) * LATENCY_MS) / 1000n + burst;
  const most = 0xffffffffn;
  return { rateBits, burstBytes: Number(burst), limitBytes: Number(limit > most ? most : limit) };
}
