export { type EngineOptions, openEngine } from "./open-engine.ts";
