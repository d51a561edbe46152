export { type HostSpace, readNameServers, readRoutedSpace } from "./host-space.ts";
