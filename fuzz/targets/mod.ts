import type { Target } from "../target.ts";
import { captureTargets } from "./capture.ts";
import { dhcpTargets } from "./dhcp.ts";
import { dnsTargets } from "./dns.ts";
import { inputTargets } from "./inputs.ts";
import { netlinkTargets } from "./netlink.ts";
import { nftablesObjectTargets } from "./nftables-objects.ts";
import { textTargets } from "./texts.ts";

/** Every decoder of bytes and parser of texts that others write. A new one belongs in a list here. */
export const targets: readonly Target[] = [
  ...netlinkTargets,
  ...nftablesObjectTargets,
  ...dnsTargets,
  ...dhcpTargets,
  ...captureTargets,
  ...textTargets,
  ...inputTargets,
];
