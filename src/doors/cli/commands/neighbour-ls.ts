import { viewNeighbours } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { chooseFamily, familyOptions } from "../values/family.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";
import { formatFlags, formatNamed } from "../views/kernel.ts";

export const neighbourLs = defineCommand({
  name: "neighbour ls",
  summary: "List which MAC addresses a namespace knows for IP addresses (ARP, neighbour discovery)",
  details: placeDetails,
  options: {
    in: placeOption,
    ...familyOptions,
    all: option.flag("Also those that need no resolution: loopback, broadcast and multicast", { short: "a" }),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft neighbour ls", says: "This namespace's" },
    { line: "weft neighbour ls --in webapp --json", says: "A sandbox's, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    const family = chooseFamily(options);
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const neighbours = viewNeighbours(place, place.names, {
      all: options.all,
      ...(family !== undefined && { family }),
    });
    if (options.json) return out.json(neighbours);
    out.table(neighbours, {
      LINK: ({ link }) => link,
      ADDRESS: ({ address, name }) => formatNamed(address, name),
      MAC: ({ mac }) => mac ?? "-",
      STATE: { cell: ({ state }) => state, colour: ({ state }) => (state === "failed" ? "red" : undefined) },
      FLAGS: ({ router, proxy, externallyLearned }) =>
        formatFlags({ router, proxy, "extern-learn": externallyLearned }),
    });
  },
});
