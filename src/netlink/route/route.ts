import type { IpAddress } from "../../net/mod.ts";
import {
  attr,
  attributes,
  type Codec,
  codec,
  type Infer,
  type InferInput,
  NLA_F_NESTED,
  s32,
  struct,
  u8,
  u16be,
  u32,
} from "../../wire/mod.ts";
import { familyOf, headed, ipAddress } from "./values.ts";

/** Source: `struct rtmsg` in include/uapi/linux/rtnetlink.h. `table` holds numbers below 256; `RTA_TABLE` holds all. */
const rtmsg = struct("rtmsg", {
  family: u8,
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  table: u8,
  protocol: u8,
  scope: u8,
  type: u8,
  flags: u32,
});

/** `struct rtvia`: a gateway of another family than the route's. */
const via: Codec<IpAddress> = codec({
  write(writer, value) {
    writer.u16(familyOf(value));
    ipAddress.write(writer, value);
  },
  read(reader) {
    reader.u16();
    return ipAddress.read(reader);
  },
});

/** Source: `RTAX_*` in include/uapi/linux/rtnetlink.h. */
const metrics = attributes("RTAX", {
  lock: attr(1, u32), // bit n: metric n is not to be changed by path MTU discovery and the like
  mtu: attr(2, u32),
  window: attr(3, u32),
  rtt: attr(4, u32),
  rttvar: attr(5, u32),
  ssthresh: attr(6, u32),
  cwnd: attr(7, u32),
  advmss: attr(8, u32),
  reordering: attr(9, u32),
  hoplimit: attr(10, u32),
  initcwnd: attr(11, u32),
  features: attr(12, u32),
  rtoMin: attr(13, u32),
  initrwnd: attr(14, u32),
  quickack: attr(15, u32),
});

const nextHopAttributes = attributes("RTA", { gateway: attr(5, ipAddress), flow: attr(11, u32), via: attr(18, via) });

/** `struct rtnexthop` without its length. `hops` is the weight less one. */
const rtnexthop = struct("rtnexthop", { flags: u8, hops: u8, index: s32 });
const RTNEXTHOP_BYTES = 8;

const nextHop = headed(rtnexthop, nextHopAttributes);
export type NextHopMessage = Infer<typeof nextHop>;
type NextHopInput = InferInput<typeof nextHop>;

/** `RTA_MULTIPATH`: next hops that each start with their length, aligned to four. */
const nextHops: Codec<readonly NextHopMessage[], readonly NextHopInput[]> = codec<
  readonly NextHopMessage[],
  readonly NextHopInput[]
>({
  write(writer, hops) {
    for (const hop of hops) {
      const start = writer.length;
      writer.u16(0);
      nextHop.write(writer, hop);
      writer.patchU16(start, writer.length - start);
      writer.align(4);
    }
  },
  read(reader) {
    const hops: NextHopMessage[] = [];
    while (reader.remaining > 0) {
      const length = reader.u16();
      if (length < RTNEXTHOP_BYTES || length - 2 > reader.remaining) {
        throw reader.error(`next hop says ${length} bytes, want 8 to ${reader.remaining + 2}`);
      }
      hops.push(nextHop.read(reader.sub(length - 2)));
      reader.skip(Math.min((4 - (length % 4)) % 4, reader.remaining));
    }
    return hops;
  },
});

/** Age and users of a cached route; `expires` in hundredths of a second. */
const cacheInfo = struct("rta_cacheinfo", {
  clientReferences: u32,
  lastUse: u32,
  expires: s32,
  error: u32,
  used: u32,
  id: u32,
  ts: u32,
  tsage: u32,
});

/** Source: `RTA_*` in include/uapi/linux/rtnetlink.h. */
const routeAttributes = attributes("RTA", {
  dst: attr(1, ipAddress),
  src: attr(2, ipAddress),
  iif: attr(3, u32),
  oif: attr(4, u32),
  gateway: attr(5, ipAddress),
  priority: attr(6, u32),
  prefsrc: attr(7, ipAddress),
  metrics: attr(8 | NLA_F_NESTED, metrics),
  multipath: attr(9 | NLA_F_NESTED, nextHops),
  flow: attr(11, u32),
  cacheinfo: attr(12, cacheInfo),
  table: attr(15, u32),
  mark: attr(16, u32),
  via: attr(18, via),
  pref: attr(20, u8),
  expires: attr(23, u32),
  uid: attr(25, u32),
  ttlPropagate: attr(26, u8),
  ipProto: attr(27, u8),
  sport: attr(28, u16be),
  dport: attr(29, u16be),
  nhId: attr(30, u32),
});

/** `RTM_NEWROUTE`, `RTM_DELROUTE`, `RTM_GETROUTE`. */
export const routeMessage = headed(rtmsg, routeAttributes);
export type RouteMessage = Infer<typeof routeMessage>;
export type RouteMessageInput = InferInput<typeof routeMessage>;

/** Source: `rtm_type` in include/uapi/linux/rtnetlink.h. */
export const RouteType = {
  unspecified: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
} as const;
export type RouteTypeName = keyof typeof RouteType;

/** Source: `enum rt_scope_t`. */
export const Scope = { universe: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** Source: `RTPROT_*`. */
export const RouteProtocol = { unspecified: 0, redirect: 1, kernel: 2, boot: 3, static: 4, ra: 9, dhcp: 16 } as const;

/** Source: `enum rt_class_t`. */
export const RoutingTable = { unspecified: 0, compat: 252, default: 253, main: 254, local: 255 } as const;

/** Source: `RTNH_F_*`; they stand in `rtm_flags` of a route with one next hop. */
export const NextHopFlag = { dead: 1, pervasive: 2, onlink: 4, offload: 8, linkdown: 16, unresolved: 32 } as const;

/** Source: `RTM_F_*`. */
export const RouteFlag = { cloned: 0x200, lookupTable: 0x1000, fibMatch: 0x2000 } as const;
