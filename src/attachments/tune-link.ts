import { setLinkStep } from "../kernel/route/mod.ts";
import type { LinkName, MacAddress } from "../net/mod.ts";
import { inNetns, writeSysctl } from "../sys/mod.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { openContainer } from "./attach-bridge.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";
import type { OwnedPart } from "./store/attachment-store.ts";

/** What may be set of a container's link. */
export interface LinkSettings {
  readonly mac?: MacAddress;
  readonly mtu?: number;
  readonly promiscuous?: boolean;
  /** Takes frames to all multicast groups. */
  readonly allMulticast?: boolean;
  readonly txQueueLength?: number;
}

export interface TuningWish {
  readonly netnsPath: string;
  readonly settings: LinkSettings;
  /** Paths below /proc/sys, with slashes. */
  readonly sysctls: readonly (readonly [path: string, value: string])[];
}

/** Sets a container's link and sysctls; what the link was is kept for `restoreLink`. @throws {AttachmentError} `missing` */
export async function tuneLink(workplace: Workplace, owner: Owner, wish: TuningWish): Promise<void> {
  const name = owner.ifname as LinkName;
  using netns = openContainer(wish.netnsPath);
  using inside = new NetworkKernel({ netns });
  const link = inside.links.find(name);
  if (link === undefined) throw new AttachmentError("missing", `${name} is not in ${wish.netnsPath}`);
  const { mac, mtu, promiscuous, txQueueLength } = link;
  const before = { mac, mtu, promiscuous, txQueueLength, allMulticast: (link.flags & IFF_ALLMULTI) !== 0 };
  await makePart(workplace, owner, "settings", {
    decide: () => ({ links: [], elements: [], facts: { before } }),
    act: () => {
      inNetns(netns, () => {
        for (const [path, value] of wish.sysctls) writeSysctl(path, value);
      });
      if (Object.keys(wish.settings).length > 0) inside.apply([setLinkStep(link.index, wish.settings)]);
    },
  });
}

/** Source: include/uapi/linux/if.h. */
const IFF_ALLMULTI = 0x200;

/** Gives a link back what it was like before, where it is still there: one that was lent goes back to its owner so. */
export function restoreLink(netnsPath: string, { owner, facts }: OwnedPart): void {
  try {
    using netns = openContainer(netnsPath);
    using inside = new NetworkKernel({ netns });
    const index = inside.findIndex(owner.ifname as LinkName);
    if (index !== undefined) inside.attempt([setLinkStep(index, (facts["before"] ?? {}) as LinkSettings)]); // as `tuneLink` wrote it
  } catch (error) {
    if (!(error instanceof AttachmentError)) throw error;
  }
}
