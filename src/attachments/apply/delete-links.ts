import type { LinkIndex } from "../../kernel/objects/mod.ts";
import { deleteLinkGroupStep, deleteLinkStep, setLinkStep } from "../../kernel/route/mod.ts";
import type { LinkName } from "../../net/mod.ts";
import { encodeRequest } from "../../netlink/connection/mod.ts";
import { nap, openNetlinkSocket, sendInPartingProcess } from "../../sys/mod.ts";
import type { NetworkKernel } from "./host-network.ts";

const PATIENCE_MS = 5000;
const NAP_MICROSECONDS = 100;

/**
 * Deletes links of this namespace and returns when they are gone, names and peers too: after some 0.3 ms. The kernel keeps its
 * sender for 20 ms more, which is why another process sends the request; this one may end before it.
 *
 * @returns Whether somebody else waits for the kernel to end what was begun: such a process has this one's descriptors, too.
 * @throws {Error} when one is still there after five seconds.
 */
export async function deleteLinks(host: NetworkKernel, names: readonly LinkName[]): Promise<boolean> {
  const indexes = names.flatMap((name) => host.findIndex(name) ?? []);
  const [first] = indexes;
  if (first === undefined) return false;
  if (host.removeLinks !== undefined) {
    await host.removeLinks(indexes);
    return true;
  }
  // Not disposed of: it is the other process's to use, and goes with both.
  const socket = openNetlinkSocket("route");
  const { request } = indexes.length === 1 ? deleteLinkStep(first) : ofOneGroup(host, indexes);
  sendInPartingProcess(socket, encodeRequest(request));
  const deadline = performance.now() + PATIENCE_MS;
  while (names.some((name) => host.findIndex(name) !== undefined)) {
    if (performance.now() > deadline) throw new Error(`Cannot delete links ${names.join(", ")}: they are still there`);
    nap(NAP_MICROSECONDS);
  }
  return true;
}

/** Together they take as long as one. */
function ofOneGroup(host: NetworkKernel, indexes: readonly LinkIndex[]) {
  // In the upper half of the numbers, which people do not use.
  const group = 0x4000_0000 + Math.floor(Math.random() * 0x3fff_ffff);
  host.apply(indexes.map((index) => setLinkStep(index, { group })));
  return deleteLinkGroupStep(group);
}
