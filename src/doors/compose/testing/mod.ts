export { readFixture, readText } from "../compose-fixture.ts";
export { PlayedEngine, printed } from "./played-project.ts";
export { randomProject, randomSequence } from "./random-project.ts";
