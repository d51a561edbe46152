import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connectHttp } from "../../../src/doors/http/mod.ts";
import {
  ask,
  type DockerPlace,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  serve,
  startDockerPlace,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";

const { host: hostAddresses, outside: outsideAddress } = outsideAddresses;

describe.if(privileged)("Docker's own commands on networks of Weft", () => {
  const stack = new AsyncDisposableStack();
  let place: DockerPlace;
  const docker = (...args: string[]): Promise<string> => place.dockerd.dockerOrThrow(...args);
  const refusal = async (...args: string[]): Promise<string> => {
    const { exitCode, stderr } = await place.dockerd.docker(...args);
    expect(exitCode).not.toBe(0);
    return stderr.trim();
  };
  const start = async (name: string, ...args: string[]): Promise<Place> => {
    await docker("run", "--detach", "--name", name, ...args, "busybox", "sleep", "1000000");
    return container(name);
  };
  const container = async (name: string): Promise<Place> => ({
    netnsPath: `/proc/${await inspect(name, "{{.State.Pid}}")}/ns/net`,
  });
  const inspect = (name: string, format: string): Promise<string> => docker("inspect", "--format", format, name);
  const addressOn = (name: string, network: string, field = "IPAddress"): Promise<string> =>
    inspect(name, `{{.NetworkSettings.Networks.${network}.${field}}}`);
  /** Interfaces but loopback, as `name mac addresses`. */
  const interfaces = async (where: Place): Promise<readonly string[]> => {
    const links = (await witness(where, "ip -j address")) as readonly {
      readonly ifname: string;
      readonly address: string;
      readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
    }[];
    return links
      .filter(({ ifname }) => ifname !== "lo")
      .map(({ ifname, address, addr_info }) =>
        [
          ifname,
          address,
          ...addr_info.filter(({ scope }) => scope === "global").map((a) => `${a.local}/${a.prefixlen}`),
        ].join(" "),
      );
  };

  beforeAll(async () => {
    place = stack.use(await startDockerPlace("plugin"));
    await docker("network", "create", "-d", "weft", "--subnet", "10.1.0.0/24", "red");
    const v6 = ["--ipv6", "--subnet", "10.2.0.0/24", "--subnet", "fd02::/64", "--gateway", "fd02::1"];
    await docker("network", "create", "-d", "weft", "--ipam-driver", "weft", ...v6, "blue");
  });
  afterAll(() => stack.disposeAsync());

  test("run: addresses and MAC that were asked for, the way out, and neighbours by name", async () => {
    const asked = ["--ip", "10.2.0.50", "--ip6", "fd02::50", "--mac-address", "02:00:5e:10:00:01"];
    const one = await start("one", "--network", "blue", ...asked);
    const two = await start("two", "--network", "blue", "--network-alias", "deux");
    expect(await interfaces(one)).toEqual(["eth0 02:00:5e:10:00:01 10.2.0.50/24 fd02::50/64"]);
    expect((await interfaces(two))[0]).toBe(
      `eth0 ${await addressOn("two", "blue", "MacAddress")} 10.2.0.2/24 fd02::2/64`,
    );
    for (const address of ["10.2.0.50", "fd02::50"]) expect(await pings(two, address, { expected: true })).toBe(true);
    expect(await docker("exec", "one", "ping", "-c", "1", "-W", "5", "deux")).toContain("1 packets received");
    for (const address of Object.values(outsideAddress)) {
      expect(await pings(one, address, { expected: true })).toBe(true);
    }
    // Docker tells a driver no names: it is asked for them a little later.
    const listed = async (...words: string[]): Promise<string> => (await weft(place.daemon, ...words)).stdout;
    await waitFor(async () => ((await listed("ps")).includes("docker-two") ? true : undefined), {
      timeoutMs: 8_000,
      what: "the containers' names",
    });
    expect(await listed("network", "ls")).toMatch(/^\w{12} +docker-blue .*\n\w{12} +docker-red /m);
    await docker("rm", "--force", "one", "two");
  });

  test("published ports: from outside, from the host, from a sibling and by the container itself", async () => {
    const web = await start(
      "web",
      "--network",
      "blue",
      "-p",
      "8080:80",
      "-p",
      "5300-5302:5300-5302/udp",
      "-p",
      "127.0.0.1::81",
    );
    const near = await start("near", "--network", "blue");
    const far = await start("far", "--network", "red");
    await using _ = await serve(web, "web", [80, 81, 5301]);
    for (const address of [hostAddresses.ipv4, hostAddresses.ipv6]) {
      const asked = [place.host.outside, place.host, near, web].map((from) =>
        ask(from, { protocol: "tcp", address, port: 8080 }, { expected: true }),
      );
      for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ by: "web" });
      const udp = { protocol: "udp", address, port: 5301 } as const;
      expect(await ask(place.host.outside, udp, { expected: true })).toMatchObject({ by: "web" });
    }
    // Of another network it is reached at the host's address alone.
    const published = { protocol: "tcp", address: hostAddresses.ipv4, port: 8080 } as const;
    expect(await ask(far, published, { expected: true })).toMatchObject({ by: "web" });
    const direct = { protocol: "tcp", address: await addressOn("web", "blue"), port: 80 } as const;
    expect(await ask(far, direct, { expected: false })).toBeUndefined();
    // A port that Docker leaves to the driver is told by Weft: Docker has no ear for it.
    const { ports } = (await connectHttp(place.daemon).listSandboxes({})).find((each) => each.ports.length > 0) ?? {
      ports: [],
    };
    const loopback = ports.find(({ sandboxPort }) => sandboxPort === 81);
    expect(loopback?.hostAddress as string).toBe("127.0.0.1");
    const own = { protocol: "tcp", address: "127.0.0.1", port: loopback?.hostPort ?? 0 } as const;
    expect(await ask(place.host, own, { expected: true })).toMatchObject({ by: "web" });
    expect(await refusal("run", "--network", "red", "-p", "8080:80", "busybox", "sleep", "1")).toContain(
      "Cannot publish port 8080/tcp: sandbox docker-",
    );
    await docker("rm", "--force", "web", "near", "far");
    expect(await ask(place.host, published, { expected: false })).toBeUndefined();
  });

  test("connect and disconnect while it runs", async () => {
    const box = await start("box");
    await docker("network", "connect", "--ip", "10.1.0.9", "red", "box");
    await docker("network", "connect", "blue", "box");
    expect((await interfaces(box)).map((line) => line.replace(/ \S+/, ""))).toEqual([
      "eth0 172.17.0.2/16",
      "eth1 10.1.0.9/24",
      "eth2 10.2.0.2/24 fd02::2/64",
    ]);
    const { stdout } = await weft(place.daemon, "ps", "--json");
    expect(JSON.parse(stdout)).toHaveLength(1); // one sandbox, on both
    await docker("network", "disconnect", "red", "box");
    await docker("network", "disconnect", "blue", "box");
    expect(await interfaces(box)).toHaveLength(1);
    expect(JSON.parse((await weft(place.daemon, "ps", "--all", "--json")).stdout)).toEqual([]);
    await docker("rm", "--force", "box");
  });

  test("an internal network has no way out, and Docker adds none", async () => {
    await docker("network", "create", "-d", "weft", "--internal", "--subnet", "10.3.0.0/24", "vault");
    const inside = await start("inside", "--network", "vault");
    expect(await interfaces(inside)).toHaveLength(1);
    expect(await witness(inside, "ip -j route show default")).toEqual([]);
    expect(await pings(inside, "10.3.0.1", { expected: true })).toBe(true);
    await docker("rm", "--force", "inside");
    await docker("network", "rm", "vault");
  });

  test("ranges and auxiliary addresses, of Docker's allocator and of Weft's", async () => {
    for (const [number, driver] of [
      [4, "default"],
      [5, "weft"],
    ] as const) {
      const subnet = `10.${number}.0`;
      const given = ["--subnet", `${subnet}.0/24`, "--ip-range", `${subnet}.64/29`, "--gateway", `${subnet}.65`];
      const auxiliary = ["--aux-address", `spare=${subnet}.66`, "--aux-address", `other=${subnet}.64`];
      await docker(
        "network",
        "create",
        "-d",
        "weft",
        "--ipam-driver",
        driver,
        ...given,
        ...auxiliary,
        `range${number}`,
      );
      await start(`in${number}`, "--network", `range${number}`);
      expect(await addressOn(`in${number}`, `range${number}`)).toBe(`${subnet}.67`);
      await docker("rm", "--force", `in${number}`);
      await docker("network", "rm", `range${number}`);
    }
  });

  test("a network that cannot be is refused in one sentence, and nothing stays", async () => {
    const create = ["network", "create", "-d", "weft"];
    expect(await refusal(...create, "--ipam-driver", "weft", "--subnet", "10.1.0.0/16", "wide")).toContain(
      "it overlaps 10.1.0.0/24",
    );
    expect(await refusal(...create, "-o", "com.docker.network.driver.mtu=9", "tiny")).toContain(
      "want a number of bytes",
    );
    expect(await refusal(...create, "-o", "colour=green", "odd")).toContain('Cannot use option "colour"');
    expect(await refusal(...create, "--ipam-driver", "null", "none-at-all")).toContain("want an IPAM driver");
    const names = (await docker("network", "ls", "--filter", "driver=weft", "--format", "{{.Name}}")).split("\n");
    expect(names.sort()).toEqual(["blue", "red"]);
    const { stdout } = await weft(place.daemon, "network", "ls", "--json");
    expect(
      (JSON.parse(stdout) as { readonly driver: { readonly kind: string } }[]).filter(
        ({ driver }) => driver.kind === "bridge",
      ),
    ).toHaveLength(2);
  });
});
