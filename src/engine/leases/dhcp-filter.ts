import type { FilterInstruction } from "../../sys/mod.ts";

/** What `tcpdump -dd "arp or (ip and udp dst port 68)"` prints for Ethernet: what a DHCP client hears, and nothing else. */
export const dhcpFilter: readonly FilterInstruction[] = (
  [
    [0x28, 0, 0, 12], // the type of the frame
    [0x15, 8, 0, 0x0806],
    [0x15, 0, 8, 0x0800],
    [0x30, 0, 0, 23], // the protocol
    [0x15, 0, 6, 17],
    [0x28, 0, 0, 20], // a later fragment has no ports
    [0x45, 4, 0, 0x1fff],
    [0xb1, 0, 0, 14],
    [0x48, 0, 0, 16], // the destination port, behind the header
    [0x15, 0, 1, 68],
    [0x06, 0, 0, 0x40000],
    [0x06, 0, 0, 0],
  ] as const
).map(([code, jt, jf, k]) => ({ code, jt, jf, k }));
