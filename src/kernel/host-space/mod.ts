export { type HostSpace, LOCAL_TABLE, readNameServers, readRoutedSpace } from "./host-space.ts";
