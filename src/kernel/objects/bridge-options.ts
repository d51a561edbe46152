/** Options of a bridge, as read or to set. Times are in milliseconds; the kernel keeps hundredths of a second. */
export interface BridgeOptions {
  readonly stp?: boolean;
  readonly vlanFiltering?: boolean;
  /** VLAN of untagged frames; 0 for none. */
  readonly vlanDefaultPvid?: number;
  readonly forwardDelayMs?: number;
  readonly helloTimeMs?: number;
  readonly maxAgeMs?: number;
  /** How long a learned FDB entry lives without traffic. */
  readonly ageingTimeMs?: number;
  readonly priority?: number;
  readonly mcastSnooping?: boolean;
  readonly mcastQuerier?: boolean;
  /** Bit n: forward link-local frames to 01:80:c2:00:00:0n. */
  readonly groupForwardMask?: number;
  /** Bridged packets of this family go through iptables: for this bridge, whatever the namespace's sysctl says. */
  readonly callIptables?: boolean;
  readonly callIp6tables?: boolean;
  readonly callArptables?: boolean;
  /** Learned FDB entries; 0 for no limit. Since Linux 6.7. */
  readonly fdbMaxLearned?: number;
}
