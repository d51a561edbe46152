export { configJsonSchema } from "./config-schema.ts";
export { type DaemonConfig, readDaemonConfig } from "./read-config.ts";
