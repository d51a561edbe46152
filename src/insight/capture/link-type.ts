import { LinkType } from "./pcapng/mod.ts";

/** Source: `ARPHRD_*` of include/uapi/linux/if_arp.h; what their packets begin with: pcap-linux.c of libpcap. */
const linkTypes: Readonly<Record<number, LinkType>> = {
  1: LinkType.ethernet, // ARPHRD_ETHER
  772: LinkType.ethernet, // ARPHRD_LOOPBACK: both addresses are zero
  519: LinkType.rawIp, // ARPHRD_RAWIP
  768: LinkType.rawIp, // ARPHRD_TUNNEL
  769: LinkType.rawIp, // ARPHRD_TUNNEL6
  776: LinkType.rawIp, // ARPHRD_SIT
  65534: LinkType.rawIp, // ARPHRD_NONE, such as tun
};

/** What the packets of a link look like; `undefined`: nothing that we know. */
export function linkTypeOf(hardwareType: number): LinkType | undefined {
  return linkTypes[hardwareType];
}
