export { readFixture, readText } from "../compose-fixture.ts";
export { PlayedEngine, printed } from "./played-project.ts";
