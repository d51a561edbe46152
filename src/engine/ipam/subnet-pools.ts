import type { SubnetPool } from "../../model/mod.ts";
import { type IpFamily, type IpPrefix, parseIpPrefix, prefixFamily } from "../../net/mod.ts";

/**
 * All private space of RFC 1918 in /24s, 69,888 subnets: Docker's pools are spent after 31. What is seldom in use comes first: homes sit in
 * 192.168.0.0/16 and low in 10.0.0.0/8; offices and VPNs in 10.0.0.0/8; Docker begins at 172.17.0.0/16 and goes up; the default network of AWS is
 * 172.31.0.0/16, of Google 10.128.0.0/9, of Podman 10.88.0.0/16, and Kubernetes' services begin at 10.96.0.0/12.
 */
const DEFAULT_IPV4_POOLS: readonly SubnetPool[] = [
  "172.28.0.0/15",
  "172.24.0.0/14",
  "172.20.0.0/14",
  "172.18.0.0/15",
  "172.30.0.0/16",
  "10.192.0.0/10",
  "10.64.0.0/10",
  "10.128.0.0/10",
  "192.168.128.0/17",
  "10.0.0.0/10",
  "172.31.0.0/16",
  "172.16.0.0/15",
  "192.168.0.0/17",
].map((prefix) => ({ prefix: parseIpPrefix(prefix), subnetLength: 24 }));

/**
 * The pools that were chosen for the host; of a family that nobody chose any for, the standard ones.
 *
 * @param ulaPrefix The host's own /48 of fd00::/8 (RFC 4193 section 3.2): 65,536 subnets.
 */
export function subnetPools(chosen: readonly SubnetPool[], ulaPrefix: IpPrefix): readonly SubnetPool[] {
  const isChosen = (family: IpFamily): boolean => chosen.some(({ prefix }) => prefixFamily(prefix) === family);
  return [
    ...chosen,
    ...(isChosen("ipv4") ? [] : DEFAULT_IPV4_POOLS),
    ...(isChosen("ipv6") ? [] : [{ prefix: ulaPrefix, subnetLength: 64 }]),
  ];
}
