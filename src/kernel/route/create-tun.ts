import type { LinkName } from "../../net/mod.ts";
import { inNetns, type Netns, openTunDevice, SystemCallError } from "../../sys/mod.ts";
import { MissingLinkKindError } from "./missing-kind.ts";

export interface NewTun {
  readonly name: LinkName;
  /** `tun` carries IP packets, `tap` frames of Ethernet. */
  readonly type: "tun" | "tap";
}

/**
 * Makes a TUN link that stays until it is deleted. rtnetlink makes none (`tun_validate` in drivers/net/tun.c refuses): only its
 * device does, in the namespace of whoever asks.
 *
 * @throws {SystemCallError} `EINVAL` when the name belongs to a link of another kind, `EBUSY` when a program has the link open.
 * @throws {MissingLinkKindError} when the kernel has no TUN.
 */
export function createTun(netns: Netns, { name, type }: NewTun): void {
  try {
    inNetns(netns, () => openTunDevice({ name, type, persistent: true })[Symbol.dispose]());
  } catch (error) {
    const isMissing = error instanceof SystemCallError && (error.errno === "ENOENT" || error.errno === "ENXIO");
    if (isMissing) throw new MissingLinkKindError(`create ${type} ${JSON.stringify(name)}`, "tun", error);
    throw error;
  }
}
