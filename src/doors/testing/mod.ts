export { contractSuite } from "./contract-suite.ts";
export { directClient } from "./direct-client.ts";
export { FakeEngine } from "./fake-engine.ts";
