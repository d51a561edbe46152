export { AddressPool } from "./address-pool.ts";
export { chooseSubnet, type Occupied, type SubnetSearch } from "./choose-subnet.ts";
export {
  completeSubnets,
  type SubnetContext,
  type SubnetsWish,
  type SubnetWish,
} from "./complete-subnets.ts";
export { IpamError, type IpamErrorKind } from "./ipam-error.ts";
export { subnetPools } from "./subnet-pools.ts";
