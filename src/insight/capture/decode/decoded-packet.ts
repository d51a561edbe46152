import type { IpAddress, MacAddress } from "../../../net/mod.ts";

/** What a packet says, as far as it is understood. */
export interface DecodedPacket {
  readonly ethernet?: EthernetHeader;
  readonly arp?: ArpMessage;
  readonly ip?: IpHeader;
  readonly tcp?: TcpSegment;
  readonly udp?: UdpDatagram;
  readonly icmp?: IcmpMessage;
  readonly icmp6?: Icmp6Message;
  readonly dns?: DnsMessage;
  /** Why no more is said: where it is cut short, or makes no sense. */
  readonly problem?: string;
}

export interface EthernetHeader {
  readonly source: MacAddress;
  readonly destination: MacAddress;
  /** EtherType; below 0x600 the length of an IEEE 802.3 frame. */
  readonly type: number;
  /** VLAN identifiers, the outermost first. */
  readonly vlans?: readonly number[];
}

export interface ArpMessage {
  readonly operation: "request" | "reply" | number;
  readonly senderMac: MacAddress;
  readonly senderAddress: IpAddress;
  readonly targetMac: MacAddress;
  readonly targetAddress: IpAddress;
}

export interface IpHeader {
  readonly version: 4 | 6;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Of what it carries, behind IPv6's extension headers. */
  readonly protocol: number;
  readonly ttl: number;
  /** Bytes behind its headers, as the header says. */
  readonly dataBytes: number;
  /** Only of fragments. The offset is in bytes. */
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean };
}

export type TcpFlag = "fin" | "syn" | "rst" | "psh" | "ack" | "urg" | "ece" | "cwr";

export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: readonly TcpFlag[];
  /** As it stands there: not scaled. */
  readonly window: number;
  readonly dataBytes: number;
  /** Of a SYN. */
  readonly mss?: number;
}

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly dataBytes: number;
}

export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  /** Of an echo. */
  readonly id?: number;
  readonly sequence?: number;
  /** The packet that could not be delivered. */
  readonly about?: DecodedPacket;
}

export interface Icmp6Message extends IcmpMessage {
  /** Whom a neighbour solicitation or advertisement is about. */
  readonly target?: IpAddress;
  /** The MAC address that it tells. */
  readonly mac?: MacAddress;
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  /** RCODE. */
  readonly code: number;
  readonly questions: readonly { readonly name: string; readonly type: number }[];
  readonly answers: readonly DnsRecord[];
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly ttlSeconds: number;
  /** An address or a name; absent for types that we do not read. */
  readonly data?: string;
}
