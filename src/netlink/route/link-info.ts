import { attr, attributes, type Codec, codec, cString, NLA_F_NESTED, rawBytes } from "../../wire/mod.ts";
import {
  type BridgeAttributes,
  type BridgeAttributesInput,
  type BridgePortAttributes,
  type BridgePortAttributesInput,
  bridgeAttributes,
  bridgePortAttributes,
} from "./bridge.ts";
import {
  type IpvlanAttributes,
  ipvlanAttributes,
  type MacvlanAttributes,
  macvlanAttributes,
  type TunAttributes,
  tunAttributes,
  type VethAttributesInput,
  type VlanAttributes,
  type VrfAttributes,
  type VxlanAttributes,
  vethAttributes,
  vlanAttributes,
  vrfAttributes,
  vxlanAttributes,
} from "./link-kinds.ts";

interface KindData {
  readonly macvlan?: MacvlanAttributes;
  readonly ipvlan?: IpvlanAttributes;
  readonly vlan?: VlanAttributes;
  readonly vrf?: VrfAttributes;
  readonly vxlan?: VxlanAttributes;
  readonly tun?: TunAttributes;
}

/** `IFLA_LINKINFO`. The data of a kind that we know stands in the field of its name, other data in `data`. */
export interface LinkInfo extends KindData {
  readonly kind?: string;
  readonly bridge?: BridgeAttributes;
  readonly data?: Uint8Array;
  /** Kind of the master that this link is a port of. */
  readonly slaveKind?: string;
  readonly bridgePort?: BridgePortAttributes;
  readonly slaveData?: Uint8Array;
}

export interface LinkInfoInput extends KindData {
  readonly kind?: string;
  readonly veth?: VethAttributesInput;
  readonly bridge?: BridgeAttributesInput;
  readonly data?: Uint8Array;
  readonly slaveKind?: string;
  readonly bridgePort?: BridgePortAttributesInput;
  readonly slaveData?: Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: the kinds' codecs differ in type; LinkInfo pairs each name with its own
type DataCodec = Codec<any, any>;
const dataCodecs: ReadonlyMap<string, DataCodec> = new Map<string, DataCodec>([
  ["veth", vethAttributes],
  ["bridge", bridgeAttributes],
  ["macvlan", macvlanAttributes],
  ["ipvlan", ipvlanAttributes],
  ["vlan", vlanAttributes],
  ["vrf", vrfAttributes],
  ["vxlan", vxlanAttributes],
  ["tun", tunAttributes],
]);

type LinkInfoCodec = Codec<LinkInfo, LinkInfoInput>;
const codecsByKinds = new Map<string, LinkInfoCodec>();

/** The codec for one pair of kinds. Foreign kinds share one: the cache cannot grow beyond the kinds we know. */
function linkInfoOf(kind: string | undefined, slaveKind: string | undefined): LinkInfoCodec {
  const data = kind === undefined ? undefined : dataCodecs.get(kind);
  const key = `${data === undefined ? "" : kind}/${slaveKind === "bridge" ? slaveKind : ""}`;
  const cached = codecsByKinds.get(key);
  if (cached !== undefined) return cached;
  const port: DataCodec = slaveKind === "bridge" ? bridgePortAttributes : rawBytes;
  const made = attributes("IFLA_INFO", {
    kind: attr(1, cString),
    [data === undefined ? "data" : (kind ?? "data")]: attr(2 | NLA_F_NESTED, data ?? rawBytes, "IFLA_INFO_DATA"),
    slaveKind: attr(4, cString),
    [slaveKind === "bridge" ? "bridgePort" : "slaveData"]: attr(5 | NLA_F_NESTED, port, "IFLA_INFO_SLAVE_DATA"),
  }) as unknown as LinkInfoCodec; // computed keys: the fields are those of LinkInfo
  codecsByKinds.set(key, made);
  return made;
}

/** What a link is and what it is a port of, without the data of either. */
export const linkKinds = attributes(
  "IFLA_INFO",
  { kind: attr(1, cString), slaveKind: attr(4, cString) },
  { unknown: "skip" },
);

/** Two passes: the kinds say how to read the data, and may stand after it. */
export const linkInfo: LinkInfoCodec = codec<LinkInfo, LinkInfoInput>({
  write: (writer, value) => linkInfoOf(value.kind, value.slaveKind).write(writer, value),
  read(reader) {
    const { kind, slaveKind } = linkKinds.read(reader.fork());
    return linkInfoOf(kind, slaveKind).read(reader);
  },
  locate(bytes, offset) {
    const { kind, slaveKind } = linkKinds.decode(bytes);
    return linkInfoOf(kind, slaveKind).locate(bytes, offset);
  },
});
