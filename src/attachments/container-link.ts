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
