import { expect, test } from "bun:test";
import { ask, createCniHost, outsideAddresses, pings, privileged, serve, witness } from "../../support/mod.ts";

const base = {
  cniVersion: "1.0.0",
  name: "pods",
  ipMasq: true,
  ipam: {
    type: "host-local",
    ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "fd00:77::/64" }]],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
  },
};

const kinds = [
  {
    name: "weft, mode routed",
    config: {
      ...base,
      type: "weft",
      mode: "routed",
      runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80 }] },
    },
    ips: [
      { interface: 1, address: "10.77.0.2/32", gateway: "169.254.1.1" },
      { interface: 1, address: "fd00:77::2/128", gateway: "fe80::1" },
    ],
    published: true,
  },
  {
    name: "ptp",
    config: { ...base, type: "ptp" },
    ips: [
      { interface: 1, address: "10.77.0.2/24", gateway: "10.77.0.1" },
      { interface: 1, address: "fd00:77::2/64", gateway: "fd00:77::1" },
    ],
    published: false,
  },
];

test.if(privileged).each(kinds)(
  "$name: every packet is forwarded by the host, in both families",
  async ({ config, ips, published }) => {
    await using cni = await createCniHost("cni-routed");
    const [one, two] = [await cni.container(), await cni.container()];
    const prevResult = await cni.add(config, one);
    expect(prevResult.ips).toEqual(ips);
    expect(prevResult.interfaces.map(({ name }) => name)).toEqual([expect.stringMatching(/^veth/), "eth0"]);
    await cni.add({ ...config, runtimeConfig: {} }, two);
    for (const [from, to] of [
      [one, "10.77.0.3"],
      [one, outsideAddresses.outside.ipv4],
      [cni.host, "10.77.0.3"],
      [one, "fd00:77::3"],
      [one, outsideAddresses.outside.ipv6],
      [cni.host, "fd00:77::3"],
    ] as const) {
      expect(`${to} ${await pings(from, to, { expected: true })}`).toBe(`${to} true`);
    }
    await using _ = await serve(one, "pod", [80]);
    expect(await ask(two, { protocol: "tcp", address: "10.77.0.2", port: 80 }, { expected: true })).toEqual({
      by: "pod",
      from: "10.77.0.3",
    });
    if (published) {
      const port = { protocol: "tcp", address: outsideAddresses.host.ipv4, port: 8080 } as const;
      expect(await ask(cni.outside, port, { expected: true })).toEqual({
        by: "pod",
        from: outsideAddresses.outside.ipv4,
      });
      expect(await ask(cni.host, { ...port, address: "127.0.0.1" }, { expected: true })).toMatchObject({ by: "pod" });
    }
    expect(await cni.call({ command: "CHECK", config: { ...config, prevResult }, container: one })).toMatchObject({
      exitCode: 0,
    });
    // One rule more that drops what is forwarded, and even neighbours do not reach each other: no bridge is between them.
    await witness(cni.host, "nft add table inet strict");
    await witness(cni.host, [
      "nft",
      "add chain inet strict forward { type filter hook forward priority 0; policy drop; }",
    ]);
    expect(await pings(one, "10.77.0.3", { expected: false })).toBe(false);
    await witness(cni.host, "nft delete table inet strict");
    for (const container of [one, two]) await cni.del(config, container);
    expect(JSON.stringify(await witness(cni.host, "ip -j route"))).not.toContain("10.77");
    expect(JSON.stringify(await witness(cni.host, "nft -j list table inet weft_cni"))).not.toContain('"elem"');
  },
);
