export { type EngineOptions, openEngine } from "./open-engine.ts";
export { launchFromDescriptors } from "./processes/mod.ts";
