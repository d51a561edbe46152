import { expect, test } from "bun:test";
import { ask, type EngineHost, outsideAddresses, privileged, serve, startEngine, witness } from "../../support/mod.ts";

interface RulesetWitness {
  readonly nftables: readonly {
    readonly rule?: object;
    readonly chain?: object;
    readonly set?: { readonly elem?: readonly unknown[] };
    readonly map?: { readonly elem?: readonly unknown[] };
  }[];
}

/** What an independent eye counts in our table. */
async function countRuleset({ host }: EngineHost) {
  const { nftables } = (await witness(host, "nft -j list table inet weft")) as RulesetWitness;
  const elements = nftables.reduce((sum, { set, map }) => sum + ((set ?? map)?.elem?.length ?? 0), 0);
  return {
    rules: nftables.filter(({ rule }) => rule !== undefined).length,
    chains: nftables.filter(({ chain }) => chain !== undefined).length,
    elements,
  };
}

const MANY = 200;

test.if(privileged)("as many rules for two hundred networks, sandboxes and ports as for one of each", async () => {
  await using engine = await startEngine({ label: "many" });
  const add = async (number: number) => {
    const network = await engine.api.createNetwork({ name: `n${number}`, ipv6: true });
    const sandbox = await engine.sandbox(`s${number}`, {
      networks: [`n${number}`],
      ports: [{ hostPorts: String(10_000 + number), sandboxPorts: "80" }],
    });
    return { prefixes: network.subnets.map(({ prefix }) => prefix), sandbox };
  };
  const first = await add(0);
  const one = await countRuleset(engine);
  const others = await Promise.all(Array.from({ length: MANY - 1 }, (_, index) => add(index + 1)));
  const many = await countRuleset(engine);
  expect({ rules: many.rules, chains: many.chains }).toEqual({ rules: one.rules, chains: one.chains });
  expect(many.elements).toBe(one.elements * MANY);

  // Docker's pools are spent after 31 networks.
  expect(new Set([first, ...others].flatMap(({ prefixes }) => prefixes)).size).toBe(2 * MANY);

  const last = others.at(-1);
  if (last === undefined) throw new Error("There is no last sandbox");
  await using _server = await serve(last.sandbox, "last", [80]);
  for (const family of ["ipv4", "ipv6"] as const) {
    const question = { protocol: "tcp", address: outsideAddresses.host[family], port: 10_000 + MANY - 1 } as const;
    expect(await ask(engine.outside, question, { expected: true })).toEqual({
      by: "last",
      from: outsideAddresses.outside[family],
    });
  }
});
