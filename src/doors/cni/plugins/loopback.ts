import { AttachmentError, checkInside, setContainerLink } from "../../../attachments/mod.ts";
import { type InterfaceAddress, parseLinkName } from "../../../net/mod.ts";
import type { Plugin } from "../plugin.ts";

const lo = parseLinkName("lo");
const addresses = ["127.0.0.1/8", "::1/128"] as InterfaceAddress[];

/** Sets `lo` up, whatever interface the runtime names. */
export const loopbackPlugin: Plugin = {
  kinds: [],
  parse: () => {},
  add: ({ config, environment }) => {
    setContainerLink(environment.netns, lo, true);
    if (config.previous !== undefined) return config.previous;
    return {
      interfaces: [{ name: lo, mac: "00:00:00:00:00:00", sandbox: environment.netns }],
      ips: addresses.map((address) => ({ address, interface: 0 })),
      routes: [],
      dns: {},
    };
  },
  afterDelete: ({ environment }) => {
    if (environment.netns === "") return;
    try {
      setContainerLink(environment.netns, lo, false);
    } catch (error) {
      if (!(error instanceof AttachmentError)) throw error; // the container is gone
    }
  },
  check: ({ environment }) => checkInside(lo, { netnsPath: environment.netns, addresses: [], routes: [] }),
};
