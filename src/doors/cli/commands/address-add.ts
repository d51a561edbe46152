import { viewAddresses } from "../../../insight/state/mod.ts";
import { parseDuration } from "../../../lib/mod.ts";
import { parseInterfaceAddress, parseIpAddress } from "../../../net/mod.ts";
import { addAddresses } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails, ifNotExistsOption, linkOption } from "../values/changes.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";

export const addressAdd = defineCommand({
  name: "address add",
  summary: "Give addresses to a link",
  details: `Of several addresses all are given, or none. ${changeDetails}`,
  options: {
    in: placeOption,
    link: linkOption,
    peer: option.value("ADDRESS", "The other end's, of a point-to-point link", parseIpAddress),
    broadcast: option.value("ADDRESS", "Default: the last one of an IPv4 prefix; none for none", parseBroadcast),
    label: option.value("TEXT", "IPv4: the link's name with : and a word", anyText),
    scope: option.oneOf(["global", "site", "link", "host"], "How far it reaches (default: global)"),
    noDad: option.flag("IPv6: usable at once, without looking for duplicates", { also: ["--nodad"] }),
    noPrefixRoute: option.flag("Make no route to its prefix", { also: ["--noprefixroute"] }),
    metric: option.value("NUMBER", "Of the route to its prefix", wholeNumber(0, 0xffffffff)),
    valid: option.value("DURATION", "How long it lives, such as 1h (default: for ever)", parseLifetime),
    preferred: option.value("DURATION", "How long new connections use it", parseLifetime),
    replace: option.flag("Change those that the link has already, such as their lifetimes"),
    ifNotExists: ifNotExistsOption,
  },
  operands: { addresses: operand.many("ADDRESS/LENGTH", parseInterfaceAddress) },
  daemon: "ask",
  examples: [
    { line: "weft address add 10.0.0.1/24 --link veth0 --in red", says: "To a link of another namespace" },
    { line: "weft address add 10.0.0.1/24 fd00::1/64 --link br0 --no-dad", says: "Both families" },
  ],
  async run({ options, operands, client, out, host }) {
    const link = required(options.link, "address add", "--link");
    const { peer, broadcast, label, scope, metric, valid, preferred, replace, ifNotExists } = options;
    if (replace && ifNotExists)
      throw new UsageError("Cannot use --replace and --if-not-exists together: want one of them");
    if (label !== undefined && label !== link && !label.startsWith(`${link}:`)) {
      throw new UsageError(`Cannot use --label ${JSON.stringify(label)}: want ${link}, or ${link}: and a word`);
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    addAddresses(place, {
      link,
      addresses: operands.addresses,
      existing: replace ? "replace" : ifNotExists ? "keep" : "refuse",
      noDad: options.noDad,
      noPrefixRoute: options.noPrefixRoute,
      ...given({
        peer,
        broadcast,
        label,
        scope,
        routePriority: metric,
        validSeconds: valid,
        preferredSeconds: preferred,
      }),
    });
    if (!options.json) return;
    const wanted = new Set<string>(operands.addresses);
    out.json(viewAddresses(place, place.names).filter((each) => each.link === link && wanted.has(each.address)));
  },
});

function parseBroadcast(text: string) {
  return text === "none" ? text : parseIpAddress(text);
}

/** @returns Seconds. @throws {SyntaxError} */
function parseLifetime(text: string): number {
  const seconds = Math.round(parseDuration(text) / 1000);
  if (seconds < 1 || seconds >= 0xffffffff) throw new SyntaxError("want a second at least, such as 1h");
  return seconds;
}
