export { PortProxy } from "./port-proxy.ts";
