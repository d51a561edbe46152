import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { legacyFilter } from "../../../src/engine/legacy-filters.ts";
import { type ForwardFilter, filterRulesOfNft, judge, type Probe } from "../../../src/engine/passage/mod.ts";
import { readIptablesTables } from "../../../src/kernel/iptables/mod.ts";
import { openReferencedNetns } from "../../../src/kernel/netns/mod.ts";
import { readRulesets } from "../../../src/kernel/nftables/mod.ts";
import { parseIpPrefix, prefixSpan } from "../../../src/net/mod.ts";
import {
  createHost,
  type Host,
  outsideAddresses,
  privileged,
  runOrThrow,
  type Spawned,
  spawnIn,
  waitFor,
} from "../../support/mod.ts";

/** A rule of which everything can be told of a packet that is only imagined. */
interface Rule {
  readonly chain: string;
  readonly incoming?: string;
  readonly outgoing?: string;
  readonly source?: string;
  readonly state?: "new" | "established";
  readonly protocol?: "tcp" | "udp";
  /** One of them is turned around. */
  readonly negated?: "incoming" | "outgoing" | "source";
  readonly verdict: string;
}

interface Filter {
  readonly policy: "accept" | "drop";
  readonly rules: readonly Rule[];
}

const CHAINS = ["forward", "first", "second"] as const;

/** Numbers from 0 to 1 that are the same in every run: a linear congruential generator. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomFilter(seed: number): Filter {
  const next = numbers(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const maybe = <T>(values: readonly T[]): T | undefined => (next() < 0.35 ? pick(values) : undefined);
  const rules = CHAINS.flatMap((chain, depth) =>
    Array.from({ length: 1 + Math.floor(next() * 5) }, (): Rule => {
      const below = CHAINS.slice(depth + 1);
      const jumps = below.flatMap((other) => [`jump ${other}`, `goto ${other}`, `jump ${other}`]);
      const parts = {
        incoming: maybe(["weft-in", "weft-*", "other*", "uplink0"]),
        outgoing: maybe(["uplink0", "up*", "weft-in"]),
        source: maybe(["10.55.0.0/16", "10.55.0.0/24", "10.56.0.0/16", "192.0.2.0/24"]),
        state: maybe(["new", "established"] as const),
        protocol: maybe(["tcp", "udp"] as const),
      };
      const turned = maybe((["incoming", "outgoing", "source"] as const).filter((key) => parts[key] !== undefined));
      const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
      return {
        chain,
        ...given,
        ...(turned !== undefined && { negated: turned }),
        verdict: pick(["accept", "drop", "return", "count", ...jumps, ...jumps]),
      };
    }),
  );
  return { policy: pick(["accept", "drop"]), rules };
}

function nftText({ policy, rules }: Filter): string {
  const lines = (chain: string): readonly string[] =>
    rules
      .filter((rule) => rule.chain === chain)
      .map(({ incoming, outgoing, source, state, protocol, negated, verdict }) => {
        const not = (key: Rule["negated"]): string => (negated === key ? "!= " : "");
        return [
          ...(incoming === undefined ? [] : [`iifname ${not("incoming")}"${incoming}"`]),
          ...(outgoing === undefined ? [] : [`oifname ${not("outgoing")}"${outgoing}"`]),
          ...(source === undefined ? [] : [`ip saddr ${not("source")}${source}`]),
          ...(state === undefined ? [] : [`ct state ${state}`]),
          ...(protocol === undefined ? [] : [`meta l4proto ${protocol}`]),
          verdict === "count" ? "counter" : verdict,
        ].join(" ");
      });
  return [
    "table inet site {",
    ...["second", "first"].flatMap((chain) => [`chain ${chain} {`, ...lines(chain), "}"]),
    `chain forward { type filter hook forward priority 0; policy ${policy};`,
    ...lines("forward"),
    "}",
    "}",
    "",
  ].join("\n");
}

/** The same for iptables-restore. */
function iptablesText({ policy, rules }: Filter): string {
  const name = (chain: string): string => (chain === "forward" ? "FORWARD" : chain);
  const verdictOf = (verdict: string): string => {
    const [word = "", chain = ""] = verdict.split(" ");
    if (word === "jump" || word === "goto") return ` -${word[0]} ${chain}`;
    return word === "count" ? "" : ` -j ${word.toUpperCase()}`;
  };
  const lines = rules.map(({ chain, incoming, outgoing, source, state, protocol, negated, verdict }) => {
    const not = (key: Rule["negated"]): string => (negated === key ? "! " : "");
    const link = (text: string): string => text.replace("*", "+");
    return [
      `-A ${name(chain)}`,
      ...(incoming === undefined ? [] : [`${not("incoming")}-i ${link(incoming)}`]),
      ...(outgoing === undefined ? [] : [`${not("outgoing")}-o ${link(outgoing)}`]),
      ...(source === undefined ? [] : [`${not("source")}-s ${source}`]),
      ...(state === undefined ? [] : [`-m conntrack --ctstate ${state.toUpperCase()}`]),
      ...(protocol === undefined ? [] : [`-p ${protocol}`]),
    ]
      .join(" ")
      .concat(verdictOf(verdict));
  });
  const chains = [`:FORWARD ${policy.toUpperCase()} [0:0]`, ":first - [0:0]", ":second - [0:0]"];
  return ["*filter", ...chains, ...lines, "COMMIT", ""].join("\n");
}

/** A client that asks the outside for a connection whenever it reads a line: one packet, that nobody waits for. */
const CLIENT = `
import socket, sys
for line in sys.stdin:
    asking = socket.socket()
    asking.setblocking(False)
    asking.connect_ex((sys.argv[1], 80))
    asking.close()
    print("asked", flush=True)
`;

const probe: Probe = {
  ...{ family: "ipv4", incoming: "weft-in", outgoing: "uplink0", state: "new", translated: false },
  source: prefixSpan(parseIpPrefix("10.55.0.0/24")),
};

describe.if(privileged)("what imagined packets meet, real ones meet", () => {
  const stack = new AsyncDisposableStack();
  let host: Host;
  let client: Spawned;
  let asked = 0;

  beforeAll(async () => {
    host = stack.use(await createHost({ label: "filters", uplink: true }));
    const inside = stack.use(await createHost({ label: "filters-in" }));
    await runOrThrow(host, `ip link add weft-in type veth peer name eth0 netns ${inside.name}`);
    await runOrThrow(host, "ip address add 10.55.0.1/24 dev weft-in");
    await runOrThrow(host, "ip link set weft-in up");
    await runOrThrow(host, "sysctl -q net.ipv4.ip_forward=1");
    for (const words of ["address add 10.55.0.2/24 dev eth0", "link set eth0 up", "route add default via 10.55.0.1"]) {
      await runOrThrow(inside, `ip ${words}`);
    }
    // What has got through everything else, and what has come as far as here at all.
    await runOrThrow(host, ["nft", "-f", "-"], {
      stdin: `table ip witness {
        chain came { type filter hook forward priority -1000; iifname weft-in tcp flags syn counter; }
        chain passed { type filter hook forward priority 1000; iifname weft-in tcp flags syn counter; }
      }`,
    });
    client = stack.use(spawnIn(inside, ["python3", "-u", "-c", CLIENT, outsideAddresses.outside.ipv4]));
  });
  afterAll(() => stack.disposeAsync());

  async function count(chain: string): Promise<number> {
    const { nftables } = JSON.parse(await runOrThrow(host, `nft -j list chain ip witness ${chain}`)) as {
      readonly nftables: readonly {
        readonly rule?: { readonly expr: readonly { readonly counter?: { readonly packets: number } }[] };
      }[];
    };
    return nftables.flatMap(({ rule }) => rule?.expr ?? []).flatMap(({ counter }) => counter?.packets ?? [])[0] ?? -1;
  }

  /** Whether a packet gets through. */
  async function passes(): Promise<boolean> {
    const before = await count("passed");
    asked += 1;
    client.write("ask\n");
    await waitFor(async () => (await count("came")) >= asked, { what: `packet ${asked}` });
    asked = await count("came"); // a packet may be sent twice
    return (await count("passed")) > before;
  }

  async function fate(filter: ForwardFilter | undefined): Promise<readonly [judged: boolean, real: boolean]> {
    if (filter === undefined) throw new Error("There is no filter");
    const judgement = judge(filter, probe);
    if (judgement.kind === "dropped") expect(judgement.certain).toBe(true);
    return [judgement.kind === "passes", await passes()];
  }

  const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);

  test("in sixty rulesets of nf_tables", async () => {
    const fates: string[] = [];
    for (const seed of seeds) {
      const text = nftText(randomFilter(seed));
      await runOrThrow(host, ["nft", "-f", "-"], { stdin: text });
      using netns = openReferencedNetns({ kind: "path", path: host.netnsPath });
      const site = readRulesets(netns).find(({ table }) => table.name === "site");
      const base = site?.chains.find(({ name }) => name === "forward")?.base;
      const [judged, real] = await fate(
        site && {
          ...{ backend: "nftables", table: site.table, chain: "forward", policy: base?.policy ?? "accept" },
          rules: site.rules.flatMap(({ rule }) => filterRulesOfNft("inet", rule)),
        },
      );
      expect({ text, passes: judged }).toEqual({ text, passes: real });
      fates.push(String(real));
      await runOrThrow(host, "nft delete table inet site");
    }
    for (const each of ["true", "false"]) expect(fates.filter((one) => one === each).length).toBeGreaterThan(10);
  });

  test("in sixty of iptables-legacy", async () => {
    const fates: string[] = [];
    for (const seed of seeds) {
      const text = iptablesText(randomFilter(1000 + seed));
      await runOrThrow(host, "iptables-legacy-restore", { stdin: text });
      using netns = openReferencedNetns({ kind: "path", path: host.netnsPath });
      const [judged, real] = await fate(readIptablesTables(netns).flatMap(legacyFilter)[0]);
      expect({ text, passes: judged }).toEqual({ text, passes: real });
      fates.push(String(real));
    }
    for (const each of ["true", "false"]) expect(fates.filter((one) => one === each).length).toBeGreaterThan(10);
  });
});
