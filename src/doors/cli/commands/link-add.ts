import { type LinkView, nameFarEnds, viewLinks } from "../../../insight/state/mod.ts";
import { parseLinkName } from "../../../net/mod.ts";
import { addLink, parseAlias } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { changeDetails, ifNotExistsOption, parseUnicastMac } from "../values/changes.ts";
import { given } from "../values/given.ts";
import { linkKindOptions, linkKinds, readLinkKind } from "../values/link-kinds.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";

export const linkAdd = defineCommand({
  name: "link add",
  summary: "Make a link, straight in the namespace where it belongs",
  details: `A veth's other end and the link below a macvlan or vxlan may be in other namespaces: nothing has to be moved, which would take the kernel far longer. A kind that this kernel lacks is named. ${changeDetails}`,
  options: {
    in: placeOption,
    kind: option.oneOf(linkKinds, "What kind of link", { also: ["--type"] }),
    mtu: option.value("BYTES", "Its largest packet", wholeNumber(68, 65535)),
    mac: option.value("MAC", "Its address; default: a random one", parseUnicastMac, { also: ["--address"] }),
    master: option.value("LINK", "The bridge or VRF that it becomes a port of", anyText, { complete: "link" }),
    alias: option.value("TEXT", "A note on it", parseAlias),
    group: option.value("NUMBER", "Links of one group can be told by it", wholeNumber(0, 0x7fffffff)),
    up: option.choice("It is up at once"),
    ifNotExists: ifNotExistsOption,
    ...linkKindOptions,
  },
  operands: { name: operand.one("NAME", parseLinkName) },
  daemon: "ask",
  examples: [
    {
      line: "weft link add veth0 --kind veth --in red --up --peer veth1 --peer-in blue --peer-up",
      says: "Two namespaces by a veth",
    },
    { line: "weft link add br0 --kind bridge --up", says: "A bridge here" },
    {
      line: "weft link add mac0 --kind macvlan --lower eth0 --lower-in pid:1 --in red --up",
      says: "On a link elsewhere",
    },
    { line: "weft link add vx0 --kind vxlan --vni 42 --lower eth0 --remote 192.0.2.9 --master br0", says: "A tunnel" },
  ],
  async run({ options, operands, client, out, host }) {
    const kind = required(options.kind, "link add", "--kind");
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    using opened = new DisposableStack();
    const spec = readLinkKind(kind, options, { place, opened });
    const { mtu, mac, master, alias, group, up } = options;
    const view = () => viewLinks(place).filter(({ name }) => name === operands.name);
    const isThere = options.ifNotExists && view().some((link) => kindOf(link) === kind);
    if (!isThere) {
      addLink(place, { name: operands.name, kind: spec, ...given({ mtu, mac, master, alias, group, up }) });
    }
    if (options.json) out.json(nameFarEnds(view(), place, place.names)[0]);
  },
});

/** As `--kind` has it: the kernel has one kind for tun and tap. */
function kindOf({ kind, mode }: LinkView): string | undefined {
  return kind === "tun" ? mode : kind;
}
