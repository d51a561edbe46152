export { listHostSpace } from "./list-host-space.ts";
