export { type PluginServerOptions, servePlugins } from "./plugin-server.ts";
export { PLUGIN_NAMES } from "./plugins/find-plugin.ts";
export { type Executed, type PluginOutcome, type PluginProcess, runPlugin } from "./run-plugin.ts";
export { SUPPORTED_VERSIONS } from "./version.ts";
