import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { addressOf, outsideAddresses, pings, privileged, run, startEngine, waitFor } from "../../support/mod.ts";

const pools = (ipv4: string, ipv6: string) => `
default-address-pools:
  - {base: ${ipv4}, size: 28}
  - {base: "${ipv6}", size: 64}
`;

test.if(privileged)(
  "pools of one's own: spent with a clear sentence, and larger ones go on where they ended",
  async () => {
    await using engine = await startEngine({
      label: "pools",
      config: `${pools("10.201.0.0/26", "fd01:201::/62")}
default-network-opts: {bridge: {com.docker.network.driver.mtu: "1400"}}
host-gateway-ips: [192.0.2.1]
`,
    });
    const { api, daemon, outside, host } = engine;
    const create = async (number: number): Promise<readonly string[]> =>
      (await api.createNetwork({ name: `n${number}`, ipv6: true })).subnets.map(({ prefix }) => prefix);
    const taken: (readonly string[])[] = [];
    for (let number = 0; number < 4; number++) taken.push(await create(number));
    expect(taken).toEqual([
      ["10.201.0.0/28", "fd01:201::/64"],
      ["10.201.0.16/28", "fd01:201:0:1::/64"],
      ["10.201.0.32/28", "fd01:201:0:2::/64"],
      ["10.201.0.48/28", "fd01:201:0:3::/64"],
    ]);
    await expect(create(4)).rejects.toMatchObject({
      kind: "exhausted",
      message:
        "Cannot choose an IPv4 subnet: every pool is used up: 10.201.0.0/26 by network n0, network n1, network n2 and 1 more; give a subnet or remove a network",
    });
    await expect(api.createNetwork({ name: "six", ipv4: false, ipv6: true })).rejects.toThrow(
      "Cannot choose an IPv6 subnet: every pool is used up: fd01:201::/62 by",
    );
    const first = await engine.sandbox("first", {
      networks: ["n3"],
      extraHosts: [{ name: "gateway", address: "host-gateway" }],
      process: { command: ["sh", "-c", "cat /etc/hosts; cat /sys/class/net/eth0/mtu; sleep 60"] },
    });
    const reachesOut = async (place: typeof first): Promise<void> => {
      for (const family of ["ipv4", "ipv6"] as const)
        expect(await pings(place, outsideAddresses.outside[family], { expected: true })).toBe(true);
    };
    await reachesOut(first);
    const text = await waitFor(async () => {
      const lines: string[] = [];
      for await (const line of api.logs({ sandbox: "first" })) lines.push(line.text);
      return lines.includes("1400") && lines.join("\n");
    });
    expect(text).toMatch(/192\.0\.2\.1\s+gateway/);

    // A network that goes makes room again.
    await api.removeNetwork({ network: "n1" });
    expect(await create(1)).toEqual(["10.201.0.16/28", "fd01:201:0:1::/64"]);

    await daemon.stop();
    await writeFile(daemon.configPath, pools("10.201.0.0/16", "fd01:201::/48"));
    await daemon.start();
    expect(await create(4)).toEqual(["10.201.0.64/28", "fd01:201:0:4::/64"]);
    for (let number = 5; number < 40; number++) await create(number);
    const last = await engine.sandbox("last", { networks: ["n39"] });
    expect(addressOf(last, "ipv4")).toBe("10.201.2.114");
    await reachesOut(last);
    await reachesOut(first);
    expect(await pings(outside, addressOf(last, "ipv4"), { expected: false })).toBe(false);

    // What is wrong with a file is said before anything is touched.
    await daemon.stop();
    await writeFile(daemon.configPath, pools("10.201.0.0/16", "fd01:201::/48").replace("28", "8"));
    await expect(daemon.start()).rejects.toThrow(
      `Cannot read ${daemon.configPath}:3:33: default-address-pools[0].size: got 8: want from 16, the length of 10.201.0.0/16, to 31`,
    );
    expect((await run(host, "nft list table inet weft")).exitCode).toBe(0);
    await writeFile(daemon.configPath, "");
    await daemon.start();
    await reachesOut(last);
  },
);
