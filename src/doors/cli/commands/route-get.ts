import { lookUpRoute } from "../../../insight/state/mod.ts";
import { parseIpAddress, parseLinkName } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { printable } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { choosePlace, enterPlace, placeDetails, placeOption } from "../values/place.ts";
import { formatNamed, formatNextHop } from "../views/kernel.ts";
import { formatDestination } from "./route-ls.ts";

export const routeGet = defineCommand({
  name: "route get",
  summary: "Ask the kernel which way a packet would go, and by which route",
  details: `No packet is sent. The first line is the kernel's answer for this packet, the second the entry of a routing table that it comes from. ${placeDetails}`,
  options: {
    in: placeOption,
    from: option.value("ADDRESS", "The packet's source", parseIpAddress),
    mark: option.value("NUMBER", "The packet's firewall mark, such as 0x1", parseMark),
    iif: option.value("LINK", "As if it came in here, to be forwarded; needs --from", parseLinkName),
    oif: option.value("LINK", "As if its program was bound to this link", parseLinkName),
  },
  operands: { address: operand.one("ADDRESS", parseIpAddress) },
  daemon: "ask",
  examples: [
    { line: "weft route get 10.0.0.5", says: "From this namespace" },
    { line: "weft route get 192.0.2.1 --in webapp", says: "From a sandbox" },
    { line: "weft route get 192.0.2.1 --from 10.0.0.5 --iif br0 --mark 7", says: "What a router does with a packet" },
  ],
  async run({ options, operands, client, out, host }) {
    const { from, mark, iif, oif } = options;
    if (iif !== undefined && from === undefined) {
      throw new UsageError(`Cannot use --iif ${JSON.stringify(iif)}: a packet that came in has a source, want --from`);
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const found = lookUpRoute(place, place.names, {
      destination: operands.address,
      ...(from !== undefined && { source: from }),
      ...(mark !== undefined && { mark }),
      ...(iif !== undefined && { incoming: iif }),
      ...(oif !== undefined && { outgoing: oif }),
    });
    if (options.json) return out.json(found);
    const { answer, matched } = found;
    const kind = answer.type === "unicast" ? "" : ` ${answer.type}`;
    const source = answer.preferredSource === undefined ? "" : ` from ${answer.preferredSource}`;
    const hops = answer.nextHops.map(formatNextHop).join("; ");
    out.line(printable(`${formatNamed(operands.address, found.name)}${kind} ${hops}${source}`.trimEnd()));
    const via = matched.nextHops.map(formatNextHop).join("; ");
    const metric = matched.priority === 0 ? "" : ` metric ${matched.priority}`;
    out.line(
      printable(
        `matched ${formatDestination(matched)} ${via} in table ${matched.tableName}, of ${matched.protocol}${metric}`,
      ),
    );
  },
});

/** @throws {SyntaxError} */
function parseMark(text: string): number {
  const mark = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(mark <= 0xffffffff)) throw new SyntaxError("want a number from 0 to 0xffffffff");
  return mark;
}
