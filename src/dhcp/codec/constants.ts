/** Numbers of DHCPv4. Sources: RFC 951, RFC 2131, RFC 2132, RFC 3397, RFC 3442, RFC 4361. */

export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

/** `op`. */
export const Operation = { request: 1, reply: 2 } as const;

/** Option 53. */
export const MessageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
export type MessageTypeName = keyof typeof MessageType;

export const OptionCode = {
  pad: 0,
  subnetMask: 1,
  routers: 3,
  nameServers: 6,
  hostName: 12,
  domainName: 15,
  mtu: 26,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maximumSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  clientId: 61,
  searchDomains: 119,
  classlessRoutes: 121,
  end: 255,
} as const;

/** Before the options: RFC 2131 figure 1. */
export const FIXED_BYTES = 236;
export const MAGIC_COOKIE = 0x63825363;
/** BOOTP relays and old servers drop what is shorter: RFC 1542 section 2.1. */
export const LEAST_BYTES = 300;
/** A lease without an end. */
export const FOREVER = 0xffffffff;
