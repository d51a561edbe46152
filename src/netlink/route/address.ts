import { attr, attributes, cString, type Infer, type InferInput, struct, u8, u32 } from "../../wire/mod.ts";
import { headed, ipAddress } from "./values.ts";

/** Source: `struct ifaddrmsg` in include/uapi/linux/if_addr.h. `flags` holds the lower eight bits only. */
const ifaddrmsg = struct("ifaddrmsg", { family: u8, prefixLength: u8, flags: u8, scope: u8, index: u32 });

/** Lifetimes in seconds, `LIFETIME_FOREVER` for ever; stamps in hundredths of a second since boot. */
const cacheInfo = struct("ifa_cacheinfo", { preferred: u32, valid: u32, created: u32, updated: u32 });

export const LIFETIME_FOREVER = 0xffffffff;

/** Source: `IFA_*` in include/uapi/linux/if_addr.h. */
const addressAttributes = attributes("IFA", {
  address: attr(1, ipAddress), // the other end's on point-to-point links, else the same as `local`
  local: attr(2, ipAddress),
  label: attr(3, cString),
  broadcast: attr(4, ipAddress),
  anycast: attr(5, ipAddress),
  cacheinfo: attr(6, cacheInfo),
  multicast: attr(7, ipAddress),
  flags: attr(8, u32),
  rtPriority: attr(9, u32),
  proto: attr(11, u8),
});

/** `RTM_NEWADDR`, `RTM_DELADDR`, `RTM_GETADDR`. */
export const addressMessage = headed(ifaddrmsg, addressAttributes);
export type AddressMessage = Infer<typeof addressMessage>;
export type AddressMessageInput = InferInput<typeof addressMessage>;

/** Source: `IFA_F_*` in include/uapi/linux/if_addr.h. */
export const AddressFlag = {
  secondary: 0x01,
  nodad: 0x02,
  optimistic: 0x04,
  dadFailed: 0x08,
  homeAddress: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  manageTempAddress: 0x100,
  noPrefixRoute: 0x200,
  multicastAutojoin: 0x400,
  stablePrivacy: 0x800,
} as const;

/** Source: `IFAPROT_*` in include/uapi/linux/if_addr.h. */
export const AddressProtocol = { kernelLoopback: 1, kernelRouterAdvertisement: 2, kernelLinkLocal: 3 } as const;
