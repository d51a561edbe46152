export { encodeArpAnnouncement, encodeArpProbe } from "./arp.ts";
export { BROADCAST_MAC, EtherType, internetChecksum } from "./ethernet.ts";
export { encodeNeighbourAdvertisement } from "./neighbour-advertisement.ts";
