import { parseIpAddress, parsePort } from "../../../net/mod.ts";
import { anyText, option, wholeNumber } from "../option.ts";

/** What tells one entry of a forwarding database from another. */
export const fdbOptions = {
  port: option.value(
    "LINK",
    "The port behind which the address is; a bridge, for an address of its own; or a vxlan",
    anyText,
    {
      also: ["--dev", "--link"],
      complete: "link",
    },
  ),
  vlan: option.value("NUMBER", "In this VLAN", wholeNumber(1, 4094)),
  to: option.value("ADDRESS", "vxlan: the far end behind which it is", parseIpAddress, { also: ["--dst"] }),
  toPort: option.value("PORT", "vxlan: UDP port of the far end", parsePort),
  vni: option.value("NUMBER", "vxlan: network identifier at the far end", wholeNumber(0, 16_777_215)),
};
