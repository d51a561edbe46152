import { deleteLinkStep, setLinkStep } from "../kernel/route/mod.ts";
import type { LinkName } from "../net/mod.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { openContainer } from "./attach-bridge.ts";
import { AttachmentError } from "./attachment-error.ts";

/** Sets a link of a container up or down. @throws {AttachmentError} `namespace`, `missing`. */
export function setContainerLink(netnsPath: string, name: LinkName, up: boolean): void {
  using netns = openContainer(netnsPath);
  using inside = new NetworkKernel({ netns });
  const index = inside.findIndex(name);
  if (index === undefined) throw new AttachmentError("missing", `${name} is not in ${netnsPath}`);
  inside.apply([setLinkStep(index, { up })]);
}

/** A link that is in the container alone: it is found again by its mark, since its namespace's path may be another's by then. */
export interface InsideLink {
  readonly netnsPath: string;
  /** The first is the one that it is made under, which nobody else's has. */
  readonly names: readonly [LinkName, LinkName];
  readonly alias: string;
}

/** What is gone already, or was made anew by somebody else, is no error. */
export function deleteInsideLink({ netnsPath, names: [first, ifname], alias }: InsideLink): void {
  try {
    using netns = openContainer(netnsPath);
    using inside = new NetworkKernel({ netns });
    const unnamed = inside.findIndex(first);
    const named = inside.links.find(ifname);
    const index = unnamed ?? (named?.alias === alias ? named.index : undefined);
    if (index !== undefined) inside.attempt([deleteLinkStep(index)]);
  } catch (error) {
    if (!(error instanceof AttachmentError)) throw error;
  }
}

/** Deletes a link of which nothing is known any more but its name. What is gone already is no error. */
export function deleteContainerLink(netnsPath: string, name: LinkName): void {
  try {
    using netns = openContainer(netnsPath);
    using inside = new NetworkKernel({ netns });
    const index = inside.findIndex(name);
    if (index !== undefined) inside.attempt([deleteLinkStep(index)]);
  } catch (error) {
    if (!(error instanceof AttachmentError)) throw error;
  }
}
