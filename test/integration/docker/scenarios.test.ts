import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connectHttp } from "../../../src/doors/http/mod.ts";
import {
  ask,
  type DockerPlace,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  run,
  runOrThrow,
  serve,
  startDockerPlace,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";

const { host: hostAddresses } = outsideAddresses;
const families = ["ipv4", "ipv6"] as const;

/** What people rely on, between containers of a real dockerd. */
describe.if(privileged)("scenarios in Docker's containers", () => {
  const stack = new AsyncDisposableStack();
  let place: DockerPlace;
  const docker = (...args: string[]): Promise<string> => place.dockerd.dockerOrThrow(...args);
  const inspect = (name: string, format: string): Promise<string> => docker("inspect", "--format", format, name);
  const start = async (name: string, ...args: string[]): Promise<Place> => {
    await docker("run", "--detach", "--name", name, ...args, "busybox", "sleep", "1000000");
    return { netnsPath: `/proc/${await inspect(name, "{{.State.Pid}}")}/ns/net` };
  };
  const create = (name: string, number: number, ...args: string[]): Promise<string> => {
    const prefixes = [
      "--subnet",
      `10.${number}.0.0/24`,
      "--ipv6",
      "--subnet",
      `fd${number}::/64`,
      "--gateway",
      `fd${number}::1`,
    ];
    return docker("network", "create", "-d", "weft", ...prefixes, ...args, name);
  };
  const addresses = async (
    name: string,
    network: string,
  ): Promise<Readonly<Record<(typeof families)[number], string>>> => {
    const of = (field: string): Promise<string> => inspect(name, `{{.NetworkSettings.Networks.${network}.${field}}}`);
    return { ipv4: await of("IPAddress"), ipv6: await of("GlobalIPv6Address") };
  };
  /** In both families. */
  const reaches = async (from: Place, to: Readonly<Record<string, string>>, expected: boolean): Promise<void> => {
    const asked = families.map(
      async (family) => [to[family], await pings(from, to[family] ?? "", { expected })] as const,
    );
    expect(await Promise.all(asked)).toEqual(families.map((family) => [to[family], expected]));
  };

  beforeAll(async () => {
    place = stack.use(await startDockerPlace("scenarios"));
    await create("red", 11);
    await create("blue", 12);
  });
  afterAll(() => stack.disposeAsync());

  test("the same network reaches, another one does not, and who is on both reaches both", async () => {
    const [a, b, c] = await Promise.all([
      start("aa", "--network", "red"),
      start("bb", "--network", "blue"),
      start("cc", "--network", "red"),
    ]);
    await reaches(a, await addresses("cc", "red"), true);
    await reaches(a, await addresses("bb", "blue"), false);
    await docker("network", "connect", "blue", "cc");
    await reaches(c, await addresses("bb", "blue"), true);
    await reaches(b, await addresses("cc", "red"), false);
  });

  test("a neighbour of the host reaches no container directly, unless the network is unprotected", async () => {
    const open = ["nat-unprotected"].flatMap((mode) => [
      ...["-o", `com.docker.network.bridge.gateway_mode_ipv4=${mode}`],
      ...["-o", `com.docker.network.bridge.gateway_mode_ipv6=${mode}`],
    ]);
    await create("open", 13, ...open);
    await Promise.all([start("shut", "--network", "red"), start("wide", "--network", "open")]);
    for (const route of ["10.0.0.0/8 via 203.0.113.2", "fd00::/8 via 2001:db8:ffff::2"]) {
      await runOrThrow(place.host.outside, `ip route replace ${route}`);
    }
    await reaches(place.host.outside, await addresses("shut", "red"), false);
    await reaches(place.host.outside, await addresses("wide", "open"), true);
  });

  test("a port published on loopback is the host's alone, whoever routes 127/8 to it", async () => {
    const web = await start("local", "--network", "red", "-p", "127.0.0.1:8081:80");
    await using _ = await serve(web, "web", [80]);
    const port = { protocol: "tcp", address: "127.0.0.1", port: 8081 } as const;
    expect(await ask(place.host, port, { expected: true })).toMatchObject({ by: "web" });
    // A host that others have opened, with a counter of what comes: only our own firewall is between.
    await runOrThrow(place.host, "sysctl -q net.ipv4.conf.all.route_localnet=1");
    await runOrThrow(place.host, ["nft", "-f", "-"], {
      stdin: `table inet witness {
        chain in { type filter hook prerouting priority -400; iifname != "lo" ip daddr 127.0.0.1 counter; }
      }`,
    });
    const { outside } = place.host;
    await runOrThrow(outside, "sysctl -q net.ipv4.conf.host0.route_localnet=1");
    await runOrThrow(outside, "ip route del local 127.0.0.1 dev lo table local");
    await runOrThrow(outside, "ip route del local 127.0.0.0/8 dev lo table local");
    await runOrThrow(outside, `ip route add 127.0.0.1 via ${hostAddresses.ipv4}`);
    expect(await ask(outside, port, { expected: false })).toBeUndefined();
    expect(String(await witness(place.host, "nft list chain inet witness in"))).not.toContain("packets 0 ");
  });

  test("without icc neighbours reach only what is published", async () => {
    await create("apart", 14, "-o", "com.docker.network.bridge.enable_icc=false");
    const [one, two] = await Promise.all([
      start("aloof", "--network", "apart", "-p", "8082:80"),
      start("shy", "--network", "apart"),
    ]);
    await using _ = await serve(one, "one", [80]);
    const own = await addresses("aloof", "apart");
    await reaches(two, own, false);
    for (const family of families) {
      const published = { protocol: "tcp", address: hostAddresses[family], port: 8082 } as const;
      expect(await ask(two, published, { expected: true })).toMatchObject({ by: "one" });
    }
  });

  test("an internal network is shut in both directions", async () => {
    await create("vault", 15, "--internal");
    const [inside] = await Promise.all([start("inside", "--network", "vault"), start("near", "--network", "vault")]);
    await reaches(inside, await addresses("near", "vault"), true);
    await reaches(inside, outsideAddresses.outside, false);
    await reaches(place.host.outside, await addresses("inside", "vault"), false);
  });

  test("published ports move with the gateway", async () => {
    const web = await start("web", "--network", "red", "-p", "8083:80");
    await using _ = await serve(web, "web", [80]);
    const answers = async (): Promise<void> => {
      for (const family of families) {
        const port = { protocol: "tcp", address: hostAddresses[family], port: 8083 } as const;
        expect(await ask(place.host.outside, port, { expected: true })).toMatchObject({ by: "web" });
      }
    };
    await docker("network", "connect", "blue", "web"); // by name the first: Docker's choice of a gateway
    await answers();
    await docker("network", "disconnect", "blue", "web");
    await answers();
    await docker("network", "connect", "blue", "web");
    await docker("network", "disconnect", "red", "web");
    await answers();
  });

  test("a name that two have is answered with both addresses", async () => {
    const pair = ["--network", "red", "--network-alias", "pair"];
    await Promise.all([start("first", ...pair), start("second", ...pair)]);
    const answer = await docker("exec", "first", "nslookup", "pair", "127.0.0.11");
    for (const name of ["first", "second"]) {
      for (const address of Object.values(await addresses(name, "red"))) expect(answer).toContain(address);
    }
  });

  test("a UDP flow follows its port to the new owner", async () => {
    // One socket that asks again and again: its flow never rests.
    const client = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.1)
while True:
    s.sendto(b"?", ("${hostAddresses.ipv4}", 5400))
    try: print(s.recv(100).decode().split()[0], flush=True)
    except OSError: pass
    time.sleep(0.05)
`;
    const child = Bun.spawn(["nsenter", `--net=${place.host.outside.netnsPath}`, "python3", "-c", client], {
      stdout: "pipe",
    });
    let heard = "";
    const reading = (async () => {
      for await (const chunk of child.stdout) heard += new TextDecoder().decode(chunk);
    })();
    for (const name of ["old", "new"]) {
      const owner = await start(name, "--network", "red", "-p", "5400:54/udp");
      await using _ = await serve(owner, name, [54]);
      await waitFor(async () => (heard.endsWith(`${name}\n`) ? true : undefined), {
        timeoutMs: 8_000,
        what: `an answer of ${name}`,
      });
      await docker("rm", "--force", name);
    }
    child.kill("SIGKILL");
    await reading;
  });

  test("one port on two addresses, and not on one of them and on all", async () => {
    const other = "203.0.113.77";
    await runOrThrow(place.host, `ip address add ${other}/32 dev uplink0`);
    await runOrThrow(place.host.outside, `ip route replace ${other}/32 dev host0`);
    const [one, two] = await Promise.all([
      start("one", "--network", "red", "-p", `${hostAddresses.ipv4}:8084:80`),
      start("two", "--network", "red", "-p", `${other}:8084:80`),
    ]);
    await using _one = await serve(one, "one", [80]);
    await using _two = await serve(two, "two", [80]);
    for (const [address, by] of [
      [hostAddresses.ipv4, "one"],
      [other, "two"],
    ] as const) {
      const port = { protocol: "tcp", address, port: 8084 } as const;
      expect(await ask(place.host.outside, port, { expected: true })).toMatchObject({ by });
    }
    const { exitCode, stderr } = await place.dockerd.docker(
      "run",
      "--network",
      "red",
      "-p",
      "8084:80",
      "busybox",
      "true",
    );
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("Cannot publish port 8084/tcp: sandbox docker-"),
    });
  });

  test("the 33rd network without a subnet named, by the beginning of their id, and pruned by whoever made them", async () => {
    const made = Array.from({ length: 33 }, (_, index) => `many${index}`);
    for (const name of made) {
      await docker("network", "create", "-d", "weft", "--ipam-driver", "weft", "--label", "of=many", name);
    }
    const id = await inspect("many7", "{{.Id}}");
    const { stdout } = await weft(place.daemon, "network", "inspect", id.slice(0, 9), "--json");
    expect(stdout).toContain(id);
    await weft(place.daemon, "network", "prune", "--force");
    expect((await connectHttp(place.daemon).listNetworks({})).length).toBeGreaterThan(33); // Docker's stay
    await docker("network", "prune", "--force", "--filter", "label=of=many");
    const left = await connectHttp(place.daemon).listNetworks({});
    const bridges = (await run(place.host, "ip -br link show type bridge")).stdout.match(/^weft-/gm);
    expect(bridges).toHaveLength(left.filter(({ owner }) => owner === "docker").length);
    expect(bridges?.length).toBeLessThan(10);
  }, 60_000);
});
