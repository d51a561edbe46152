import {
  type CapturedPacket,
  type DecodedPacket,
  decodePacket,
  formatPacket,
  LinkType,
  type NameOf,
  type OpenLink,
} from "../../../insight/capture/mod.ts";
import type { IpAddress } from "../../../net/mod.ts";

/** `PACKET_OUTGOING` of include/uapi/linux/if_packet.h. */
const OUTGOING = 4;

/** A packet as JSON: what was decoded, with when, where, and what addresses are called. */
export interface PacketView extends DecodedPacket {
  /** RFC 3339, UTC, with nanoseconds. */
  readonly time: string;
  /** The link with its place: `web:eth0`. */
  readonly link: string;
  /** What the link is to Weft, such as `sandbox web, network front`. */
  readonly description?: string;
  readonly direction: "in" | "out";
  readonly lengthBytes: number;
  readonly capturedBytes: number;
  /** By address. */
  readonly names: Readonly<Record<string, string>>;
}

export function viewPacket(packet: CapturedPacket, link: OpenLink, nameOf: NameOf): PacketView {
  const decoded = decodeOn(link, packet);
  const { ip, arp } = decoded;
  const addresses = [ip?.source, ip?.destination, arp?.senderAddress, arp?.targetAddress];
  return {
    time: `${new Date(packet.seconds * 1000).toISOString().slice(0, -5)}.${fraction(packet)}Z`,
    link: link.label,
    ...(link.description !== undefined && { description: link.description }),
    direction: directionOf(packet),
    lengthBytes: packet.lengthBytes,
    capturedBytes: packet.bytes.length,
    names: Object.fromEntries(addresses.flatMap((address) => nameEntry(address, nameOf))),
    ...decoded,
  };
}

function nameEntry(address: IpAddress | undefined, nameOf: NameOf): readonly (readonly [string, string])[] {
  const name = address === undefined ? undefined : nameOf(address);
  return address === undefined || name === undefined ? [] : [[address, name]];
}

/** `21:03:04.123456789 web:eth0 out api:80 > …`, in local time. */
export function formatPacketLine(packet: CapturedPacket, link: OpenLink, nameOf: NameOf): string {
  const date = new Date(packet.seconds * 1000);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0"));
  const direction = directionOf(packet).padEnd(3);
  return `${clock.join(":")}.${fraction(packet)} ${link.label} ${direction} ${formatPacket(decodeOn(link, packet), nameOf)}`;
}

function decodeOn({ linkType }: OpenLink, { bytes }: CapturedPacket): DecodedPacket {
  return decodePacket(bytes, linkType === LinkType.ethernet ? "ethernet" : "ip");
}

function directionOf({ direction }: CapturedPacket): "in" | "out" {
  return direction === OUTGOING ? "out" : "in";
}

function fraction({ nanoseconds }: CapturedPacket): string {
  return String(nanoseconds).padStart(9, "0");
}
