import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { privileged, run, witness } from "../support/mod.ts";
import { createTopologyPlace, written } from "./topology-place.ts";

const spread = `
topology: spread
namespaces:
  red:
    links:
      a: { peer: left/l, addresses: [10.0.1.1/24, fd00:0:0:1::1/64] }
      b: { peer: right/r, addresses: [10.0.2.1/24, fd00:0:0:2::1/64] }
    routes:
      - { to: 203.0.113.0/24, hops: [{ via: 10.0.2.2 }, { via: 10.0.1.2, weight: 3 }] }
      - { to: "2001:db8::/32", hops: [{ via: "fd00:0:0:1::2" }, { via: "fd00:0:0:2::2" }] }
  left: { links: { l: { addresses: [10.0.1.2/24, fd00:0:0:1::2/64] } } }
  right: { links: { r: { addresses: [10.0.2.2/24, fd00:0:0:2::2/64] } } }
`;

test.if(privileged)("a route may have several next hops, which share what it carries", async () => {
  await using place = await createTopologyPlace({ label: "hops" });
  await place.up(spread);
  expect(await place.up(spread)).toEqual([]);
  const [route] = (await witness(place.at("red"), "ip -j route show 203.0.113.0/24")) as readonly {
    readonly nexthops: readonly { readonly gateway: string; readonly dev: string; readonly weight: number }[];
  }[];
  const hops = route?.nexthops.map(({ gateway, dev, weight }) => `${gateway} ${dev} ${weight}`).sort();
  expect(hops).toEqual(["10.0.1.2 a 3", "10.0.2.2 b 1"]);
  const ways = { ipv4: new Set<string>(), ipv6: new Set<string>() };
  for (let last = 1; last < 40; last++) {
    const ask = async (address: string): Promise<string> =>
      String(((await witness(place.at("red"), `ip -j route get ${address}`)) as [{ readonly dev: string }])[0].dev);
    ways.ipv4.add(await ask(`203.0.113.${last}`));
    ways.ipv6.add(await ask(`2001:db8::${last}`));
  }
  expect([...ways.ipv4].sort()).toEqual(["a", "b"]);
  expect([...ways.ipv6].sort()).toEqual(["a", "b"]);

  const other = spread.replace("weight: 3", "weight: 2");
  expect(await place.up(other)).toEqual([
    "set route 203.0.113.0/24 via 10.0.1.2 on a weight 2 and via 10.0.2.2 on b in red",
  ]);
  const one = other.replace('hops: [{ via: "fd00:0:0:1::2" }, { via: "fd00:0:0:2::2" }]', 'via: "fd00:0:0:2::2"');
  expect(await place.up(one)).toEqual(["set route 2001:db8::/32 via fd00:0:0:2::2 on b in red"]);
  expect(await place.up(one)).toEqual([]);
  expect(await place.up(spread)).toHaveLength(2);
  expect(await place.up(spread)).toEqual([]);
});

test.if(privileged).each([
  { kind: "dummy", fields: "", detail: {} },
  { kind: "vlan", fields: ", lower: base, id: 42", detail: { info_data: { id: 42 } } },
  { kind: "ipvlan", fields: ", lower: base, mode: l3", detail: { info_data: { mode: "l3" } } },
])("a $kind is made, or refused where it stands by a kernel without", async ({ kind, fields, detail }) => {
  await using place = await createTopologyPlace({ label: "kinds" });
  const text = `
topology: kinds
namespaces:
  red:
    links:
      base: { peer: blue/end }
      special: { kind: ${kind}${fields}, addresses: [10.0.0.1/24] }
  blue: { links: { end: {} } }
`;
  const asked = await run(place.host, `ip link add name probe type ${kind}`);
  if (/Operation not supported|Unknown device type/.test(asked.stderr)) {
    const { exitCode, stderr } = await place.weft("up", "-f", await written(place, text));
    const says = `planned.yaml:7:24: namespaces.red.links.special.kind: this kernel lacks links of kind ${kind}`;
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `weft: Cannot read ${place.directory}/${says}\n` });
    expect(readdirSync(place.netnsDirectory)).toEqual([]);
    return;
  }
  await run(place.host, "ip link del probe");
  await place.up(text);
  expect(await witness(place.at("red"), "ip -j -d link show special")).toMatchObject([
    { linkinfo: { info_kind: kind, ...detail } },
  ]);
  expect(await place.up(text)).toEqual([]);
});
