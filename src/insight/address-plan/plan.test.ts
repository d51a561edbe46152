import { describe, expect, test } from "bun:test";
import { parseObjectName } from "../../model/mod.ts";
import { type IpFamily, parseIpPrefix, prefixCovers, prefixesOverlap } from "../../net/mod.ts";
import { formatCompose } from "./format-compose.ts";
import { type AddressNeed, type AddressPlan, planAddresses } from "./plan.ts";

interface NeedWords {
  readonly hosts?: number;
  readonly length?: number;
  readonly families?: readonly IpFamily[];
  readonly keep?: readonly string[];
}

function need(name: string, { hosts, length, families, keep = [] }: NeedWords): AddressNeed {
  return {
    name: parseObjectName(name),
    ...(hosts !== undefined && { hosts: BigInt(hosts) }),
    ...(length !== undefined && { lengthBits: length }),
    ...(families !== undefined && { families }),
    keep: keep.map(parseIpPrefix),
  };
}

interface Words {
  readonly supernets: readonly string[];
  readonly needs: Readonly<Record<string, number | NeedWords>>;
  readonly used?: readonly string[];
}

function plan({ supernets, needs, used = [] }: Words): AddressPlan {
  return planAddresses({
    supernets: supernets.map(parseIpPrefix),
    needs: Object.entries(needs).map(([name, each]) => need(name, typeof each === "number" ? { hosts: each } : each)),
    used: used.map(parseIpPrefix),
  });
}

const lines = ({ subnets }: AddressPlan): readonly string[] =>
  subnets.map(({ name, prefix, kept }) => `${name} ${prefix}${kept ? " kept" : ""}`);

const cases: readonly (Words & {
  readonly name: string;
  readonly lines: readonly string[];
  readonly free?: readonly string[];
})[] = [
  {
    name: "the largest first, whatever the order",
    supernets: ["10.0.0.0/24"],
    needs: { small: 5, large: 100, middle: 30 },
    lines: ["small 10.0.0.160/29", "large 10.0.0.0/25", "middle 10.0.0.128/27"],
    free: ["10.0.0.168/29", "10.0.0.176/28", "10.0.0.192/26"],
  },
  {
    name: "a prefix that is filled to its last address",
    supernets: ["10.0.0.0/24"],
    needs: { a: 62, b: 126, c: 62 },
    lines: ["a 10.0.0.128/26", "b 10.0.0.0/25", "c 10.0.0.192/26"],
    free: [],
  },
  {
    name: "both families",
    supernets: ["10.0.0.0/24", "fd00:20::/48"],
    needs: { web: 100, db: { hosts: 10, families: ["ipv4"] }, lab: { hosts: 1000, families: ["ipv6"] } },
    lines: ["web 10.0.0.0/25", "web fd00:20::/64", "db 10.0.0.128/28", "lab fd00:20:0:1::/64"],
  },
  {
    name: "IPv6 smaller than a link as IPv4 is",
    supernets: ["fd00::/120"],
    needs: { a: 2, b: 3 },
    lines: ["a fd00::4/127", "b fd00::/126"],
  },
  {
    name: "around what others use, in the smallest gap that holds it",
    supernets: ["10.0.0.0/24"],
    used: ["10.0.0.0/26", "10.0.0.128/27", "192.168.0.0/16"],
    needs: { a: 30, b: 60 },
    lines: ["a 10.0.0.160/27", "b 10.0.0.64/26"],
    free: ["10.0.0.192/26"],
  },
  {
    name: "nothing for whom keeps what it has",
    supernets: ["10.0.0.0/24", "fd00::/48"],
    needs: { web: { hosts: 50, keep: ["10.0.0.64/26"] }, old: { keep: ["10.0.0.0/28"] }, jobs: 100 },
    lines: [
      "web 10.0.0.64/26 kept",
      "web fd00::/64",
      "old 10.0.0.0/28 kept",
      "jobs 10.0.0.128/25",
      "jobs fd00:0:0:1::/64",
    ],
  },
  {
    name: "a length where one is wanted",
    supernets: ["10.0.0.0/16"],
    needs: { a: { length: 20 }, b: { length: 30 } },
    lines: ["a 10.0.0.0/20", "b 10.0.16.0/30"],
  },
];
test.each(cases)("planAddresses plans $name", ({ lines: wanted, free, ...words }) => {
  const made = plan(words);
  expect(lines(made)).toEqual(wanted);
  if (free !== undefined) expect<unknown>(made.supernets[0]?.free).toEqual(free);
  expect(plan(words)).toEqual(made);
});

test("what is kept of a plan is the same plan, and one more network moves none of it", () => {
  const first = plan({ supernets: ["10.0.0.0/22"], needs: { a: 100, b: 200, c: 20 } });
  const kept = Object.fromEntries(
    first.subnets.map(({ name, prefix, hosts }) => [name, { hosts: Number(hosts), keep: [prefix] }]),
  );
  const second = plan({ supernets: ["10.0.0.0/22"], needs: { ...kept, d: 200 } });
  const places = (of: AddressPlan): readonly string[] => of.subnets.map(({ name, prefix }) => `${name} ${prefix}`);
  expect(places(second)).toEqual([...places(first), "d 10.0.2.0/24"]);
});

test("planned, used and free are all there is", () => {
  const { supernets } = plan({
    supernets: ["10.0.0.0/24"],
    used: ["10.0.0.0/28", "10.0.0.8/29"],
    needs: { a: 30, b: { hosts: 6, keep: ["10.0.0.16/29"] } },
  });
  expect<unknown>(supernets).toEqual([
    {
      prefix: "10.0.0.0/24",
      planned: 40n,
      used: 16n,
      free: ["10.0.0.24/29", "10.0.0.64/26", "10.0.0.128/25"],
    },
  ]);
});

test.each<[string, Words]>([
  [
    "Cannot plan 3 subnets in 10.0.0.0/24: there is no room for c (/26); 320 addresses are wanted and 256 are free, want a /23, such as 10.0.0.0/23",
    { supernets: ["10.0.0.0/24"], needs: { a: 100, b: 100, c: 60 } },
  ],
  [
    "there is no room for a (/25); 128 addresses are wanted and 252 are free, the largest piece a /26, want a /23, such as 10.0.0.0/23",
    { supernets: ["10.0.0.0/24"], used: ["10.0.0.2/31", "10.0.0.128/31"], needs: { a: 100 } },
  ],
  [
    "there is no room for a (/0), b (/0); 8589934592 addresses are wanted and 256 are free, want fewer",
    { supernets: ["10.0.0.0/24"], needs: { a: 4_000_000_000, b: 4_000_000_000 } },
  ],
  ["Cannot plan nothing: no network is named", { supernets: ["10.0.0.0/24"], needs: {} }],
  [
    "Cannot plan in 10.0.0.0/24 and 10.1.0.0/24: want one prefix of a family",
    { supernets: ["10.0.0.0/24", "10.1.0.0/24"], needs: { a: 1 } },
  ],
  [
    "Cannot plan network a: it wants ipv6, and there is no prefix of that family to plan in",
    { supernets: ["10.0.0.0/24"], needs: { a: { hosts: 1, families: ["ipv6"] } } },
  ],
  [
    "Cannot plan network a: what it keeps, 10.1.0.0/24, is not within 10.0.0.0/24",
    { supernets: ["10.0.0.0/24"], needs: { a: { keep: ["10.1.0.0/24"] } } },
  ],
  [
    "Cannot plan network a: what it keeps, 10.0.0.0/28, has 14 hosts, and it wants 15",
    { supernets: ["10.0.0.0/24"], needs: { a: { hosts: 15, keep: ["10.0.0.0/28"] } } },
  ],
  [
    "Cannot plan with 10.0.0.0/28, what b keeps: it overlaps 10.0.0.0/27, what a keeps",
    { supernets: ["10.0.0.0/24"], needs: { a: { keep: ["10.0.0.0/27"] }, b: { keep: ["10.0.0.0/28"] } } },
  ],
  [
    "Cannot plan with 10.0.0.0/28, what a keeps: it overlaps 10.0.0.8/29, what others use",
    { supernets: ["10.0.0.0/24"], used: ["10.0.0.8/29"], needs: { a: { keep: ["10.0.0.0/28"] } } },
  ],
  [
    "Cannot plan network a: it wants a /23, which is larger than 10.0.0.0/24",
    { supernets: ["10.0.0.0/24"], needs: { a: { length: 23 } } },
  ],
  [
    "Cannot plan network a: want a length of at most 32 for ipv4",
    { supernets: ["10.0.0.0/24", "fd00::/48"], needs: { a: { length: 64 } } },
  ],
])("%s", (message, words) => {
  expect(() => plan(words)).toThrow(message);
});

function attempt(body: () => AddressPlan): { readonly made?: AddressPlan; readonly message: string } {
  try {
    return { made: body(), message: "" };
  } catch (error) {
    return { message: String(error) };
  }
}

test("random plans that fit are aligned, disjoint and inside; those that do not are told a prefix that does", () => {
  let state = 424242;
  const below = (limit: number): number => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const needs = Object.fromEntries(
      Array.from({ length: 1 + below(12) }, (_, index) => [`n${index}`, 1 + below(120)]),
    );
    const used = Array.from({ length: below(6) }, () => `10.0.${below(2)}.${8 * below(32)}/29`);
    const words = { supernets: ["10.0.0.0/23"], needs, used };
    const { made, message } = attempt(() => plan(words));
    if (made === undefined) {
      refused += 1;
      const wider = /such as (\S+)$/.exec(message)?.[1] ?? message;
      expect(plan({ ...words, supernets: [wider] }).subnets.length).toBe(Object.keys(needs).length);
      continue;
    }
    const all = [...made.subnets.map(({ prefix }) => prefix), ...(made.supernets[0]?.free ?? [])];
    for (const [index, prefix] of all.entries()) {
      expect(parseIpPrefix(prefix)).toBe(prefix); // refuses host bits: it is aligned
      expect(prefixCovers(parseIpPrefix("10.0.0.0/23"), prefix)).toBe(true);
      for (const other of [...all.slice(0, index), ...used.map(parseIpPrefix)]) {
        expect(prefixesOverlap(prefix, other)).toBe(false);
      }
    }
  }
  expect(refused).toBeGreaterThan(30);
  expect(refused).toBeLessThan(270);
});

test("4,096 networks that keep what they have are planned again in seconds", () => {
  const needs = Object.fromEntries(
    Array.from({ length: 4096 }, (_, index) => [
      `n${index}`,
      { hosts: 5, keep: [`10.0.${index >> 5}.${8 * (index & 31)}/29`] },
    ]),
  );
  const startedMs = performance.now();
  const { supernets } = plan({ supernets: ["10.0.0.0/16"], needs });
  expect(supernets[0]?.planned).toBe(32_768n);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test("4,096 networks are planned in seconds", () => {
  const needs = Object.fromEntries(Array.from({ length: 4096 }, (_, index) => [`n${index}`, 1 + ((index * 37) % 500)]));
  const startedMs = performance.now();
  expect(plan({ supernets: ["10.0.0.0/8"], needs }).subnets.length).toBe(4096);
  expect(performance.now() - startedMs).toBeLessThan(5000);
  expect(() => plan({ supernets: ["10.0.0.0/8"], needs: { ...needs, more: 1 } })).toThrow(
    "Cannot plan 4097 networks: want at most 4096",
  );
});

describe("formatCompose", () => {
  test("writes networks, and quotes names that YAML would take for something else", () => {
    const text = formatCompose(
      plan({ supernets: ["10.0.0.0/16", "fd00::/48"], needs: { web: 100, no: { hosts: 2, families: ["ipv4"] } } }),
    );
    expect(text).toBe(`networks:
  web:
    enable_ipv6: true
    ipam:
      config:
        - subnet: 10.0.0.0/25
        - subnet: fd00::/64
  "no":
    ipam:
      config:
        - subnet: 10.0.0.128/31
`);
  });

  test("refuses a subnet that has no room for a container", () => {
    expect(() => formatCompose(plan({ supernets: ["10.0.0.0/16"], needs: { a: 1 } }))).toThrow(
      "Cannot write a as a network of Compose: 10.0.0.0/32 has no room for a gateway and a container, want 2 hosts at least",
    );
  });
});
