export { currentNetns, type Netns } from "../../sys/mod.ts";
export { type ListedNetns, listNetns } from "./list-netns.ts";
export {
  createNamedNetns,
  type NetnsReference,
  nameNetns,
  openReferencedNetns,
  unnameNetns,
} from "./named-netns.ts";
export { NETNS_DIRECTORY, type NetnsName, netnsPath, parseNetnsName } from "./netns-name.ts";
