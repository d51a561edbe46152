import { expect, test } from "bun:test";
import { plainTopologyName } from "./topology-file.ts";

test.each([
  ["topology: chain\n", "chain"],
  ["# a chain\nhost: {}\ntopology:  my-chain_2   # mine\n", "my-chain_2"],
  ['topology: "chain"\n', undefined],
  ["topology: two words\n", undefined],
  ["topology: &a chain\n", undefined],
  ["topology : chain\n", undefined],
  ["topology: 7\n", undefined],
  ["services: {}\n", undefined],
])("of %j the plain name is %p: what is not plain is read with care", (text, name) => {
  expect(plainTopologyName({ text })).toBe(name);
});
