import { isUnicastMac, type MacAddress, parseMacAddress } from "../../../net/mod.ts";
import { anyText, option } from "../option.ts";

/** What commands have that change a namespace; beside `--in`. */
export const linkOption = option.value("LINK", "The link that it is about", anyText, {
  also: ["--dev"],
  complete: "link",
});

export const ifNotExistsOption = option.flag("Take it as done when there is just such a one");

export const forceOption = option.flag("Also what a network or a topology of Weft's consists of", { short: "f" });

/** For the details of a command that changes. */
export const changeDetails =
  "The kernel is told at once, and no daemon has a part in it. PLACE is the name of a sandbox or of ip netns, a path such as /run/netns/blue, or pid:PID; sandbox:NAME and netns:NAME where both have one name.";

/** Of a link. @throws {SyntaxError} */
export function parseUnicastMac(text: string): MacAddress {
  const mac = parseMacAddress(text);
  if (!isUnicastMac(mac)) throw new SyntaxError("want an address of one link: its first octet even, and not all zeros");
  return mac;
}
