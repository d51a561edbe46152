export { KeeperFolder } from "./keeper-folder.ts";
export { serveKeeper } from "./serve-keeper.ts";
export { TopologyProcesses } from "./topology-processes.ts";
