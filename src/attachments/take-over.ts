import { readdirSync, readFileSync, renameSync } from "node:fs";
import { type IpAddress, parseIpAddress } from "../net/mod.ts";
import type { AttachmentStore } from "./store/attachment-store.ts";

/**
 * Takes over the addresses that the reference plugin host-local gave for a network: each is a file by the address's name, which says
 * whose it is. The folder is renamed afterwards, so that nobody gives out of it any more, and it is taken over once.
 *
 * @param directory Of the network, such as `/var/lib/cni/networks/pods`.
 * @param pool What its addresses belong to from now on.
 */
export function takeOverAddresses(
  store: AttachmentStore,
  { directory, pool, network }: { readonly directory: string; readonly pool: string; readonly network: string },
): void {
  const names = listOf(directory);
  if (names === undefined) return;
  store.transaction(() => {
    for (const name of names) {
      const address = addressOf(name);
      const [container = "", ifname = "eth0"] =
        address === undefined ? [] : readFileSync(`${directory}/${name}`, "utf8").split(/\r?\n/);
      if (address === undefined || container.trim() === "") continue;
      const owner = { network, container: container.trim(), ifname: ifname.trim() || "eth0" };
      store.takeAddress(pool, address, owner);
      if (store.findPart(owner, "addresses") === undefined) {
        store.putPart(owner, { kind: "addresses", state: "made", links: [], facts: { from: directory } });
      }
    }
  });
  renameSync(directory, `${directory}.taken-over-by-weft`);
}

function listOf(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined; // taken over already, or never there
  }
}

/** `last_reserved_ip.0` and `lock` are none. */
function addressOf(name: string): IpAddress | undefined {
  try {
    return parseIpAddress(name);
  } catch {
    return undefined;
  }
}
