import { type LinkView, nameFarEnds, viewLinks } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";
import { formatOwner } from "../views/kernel.ts";

export const linkLs = defineCommand({
  name: "link ls",
  summary: "List the links of a namespace with their addresses and whose they are",
  details: `Of a veth, LOWER is its other end; of a macvlan or VLAN, the link that it lies on. ${placeDetails}`,
  options: { in: placeOption },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft link ls", says: "This namespace's" },
    { line: "weft link ls webapp", says: "A sandbox's" },
    { line: "weft link ls --in /run/netns/blue --json", says: "With options, counters and flags, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const links = nameFarEnds(viewLinks(place), place, place.names);
    if (options.json) return out.json(links);
    out.table(links, {
      INDEX: ({ index }) => String(index),
      NAME: ({ name }) => name,
      KIND: ({ kind, mode }) => (mode === undefined ? kind : `${kind} ${mode}`),
      STATE: { cell: formatState, colour: (link) => (isUsable(link) ? "green" : "dim") },
      MTU: ({ mtu }) => String(mtu),
      MAC: ({ mac }) => mac ?? "-",
      MASTER: ({ master }) => master ?? "-",
      LOWER: formatLower,
      ADDRESSES: ({ addresses }) => addresses.join(",") || "-",
      OWNER: formatOwner,
    });
  },
});

/** What the owner wants, and what came of it where that is something else. */
function formatState({ up, carrier }: LinkView): string {
  return up ? (carrier ? "up" : "up, no carrier") : "down";
}

function isUsable({ up, carrier }: LinkView): boolean {
  return up && carrier;
}

function formatLower({ lower }: LinkView): string {
  if (lower === undefined) return "-";
  const { index, name = `#${index}`, namespaceId, namespace } = lower;
  if (namespaceId === undefined) return name;
  return namespace === undefined ? `${name} in namespace ${namespaceId}` : `${name} of ${namespace}`;
}
