import {
  type AttachedAddress,
  AttachmentError,
  giveAddresses,
  makePart,
  takeOverFirst,
} from "../../../attachments/mod.ts";
import { ipamResult } from "../ipam.ts";
import { parseIpamConfig } from "../ipam-config.ts";
import type { Plugin, PluginCall } from "../plugin.ts";

/** `ipam.type: host-local` or `weft`, called by whoever makes the links. */
export const hostLocalPlugin: Plugin = {
  kinds: ["addresses"],
  parse: (call) => void parse(call),
  add: async (call) => {
    const config = parse(call);
    const { addresses } = await call.work(async (workplace) => {
      await takeOverFirst(workplace.store, config.takeOver);
      return makePart(workplace, call.owner, "addresses", {
        decide: () => {
          const given: readonly AttachedAddress[] = giveAddresses(workplace.store, call.owner, config.wish);
          return { addresses: given, links: [], elements: [], facts: {} };
        },
      });
    });
    const { dns } = ipamResult(call, { kind: "own", config });
    return { interfaces: [], ips: addresses, routes: config.routes, dns };
  },
  check: (call) =>
    call.work(({ store }) => {
      if (store.addressesOf(call.owner).length > 0) return;
      throw new AttachmentError("missing", `container ${call.owner.container} has no address for ${call.owner.ifname}`);
    }),
};

function parse({ config, environment }: PluginCall) {
  return parseIpamConfig(config, environment.args);
}
