import { expect, test } from "bun:test";
import type { LinkName } from "../../net/mod.ts";
import { makeState } from "../plan/state-fixture.ts";
import { scopeOf } from "./suspicion.ts";

const state = makeState(
  {
    red: { subnets: ["10.1.0.0/24 via 10.1.0.1"] },
    blue: { subnets: ["10.2.0.0/24 via 10.2.0.1"] },
  },
  {
    web: { on: ["red 10.1.0.2/24", "blue 10.2.0.2/24"] },
    db: { on: ["red 10.1.0.3/24"] },
  },
);
const [webOnRed, webOnBlue, dbOnRed] = Array.from(state.endpoints, ({ hostLink }) => hostLink);

test.each<{ what: string; links: readonly (string | undefined)[]; names: readonly (string | undefined)[] }>([
  { what: "nothing", links: [], names: [] },
  { what: "a port, and the bridge that it needs", links: [webOnBlue], names: ["br-blue", webOnBlue] },
  { what: "a bridge, and all its ports", links: ["br-red"], names: ["br-red", webOnRed, dbOnRed] },
  { what: "a link that is no longer called what it should be", links: ["gone0"], names: ["gone0"] },
])("a suspicion is about $what", ({ links, names }) => {
  const scope = scopeOf(state, { links: new Set(links.flatMap((name) => (name as LinkName | undefined) ?? [])) });
  expect([...scope.names].map(String).sort()).toEqual(names.map(String).sort());
});
