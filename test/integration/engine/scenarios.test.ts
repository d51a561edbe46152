import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  ask,
  type EngineHost,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  serve,
  spawnIn,
  startEngine,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";

const { host: uplink } = outsideAddresses;
const families = ["ipv4", "ipv6"] as const;
/** Further addresses of the host. */
const second = { ipv4: "203.0.113.9", ipv6: "2001:db8:ffff::9" } as const;
const loopback = { ipv4: "127.0.0.1", ipv6: "::1" } as const;

/** Says each datagram's text. */
const RECORDER = `
import socket
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
server.bind(("::", 7000))
while True:
    print(server.recv(2048).decode(), flush=True)
`;

/** Sends a UDP datagram as a whole frame: no kernel asks whether its addresses make sense. */
const FORGER = `
import socket, struct, sys
link, mac, source, destination, port, text = sys.argv[1:]
family = socket.AF_INET6 if ":" in destination else socket.AF_INET
src, dst = socket.inet_pton(family, source), socket.inet_pton(family, destination)
def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\\0" * (len(data) % 2)))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
body = text.encode()
length = 8 + len(body)
pseudo = src + dst + (struct.pack("!IxxxB", length, 17) if family == socket.AF_INET6 else struct.pack("!xBH", 17, length))
head = struct.pack("!HHH", 4444, int(port), length)
udp = head + struct.pack("!H", checksum(pseudo + head + b"\\0\\0" + body)) + body
if family == socket.AF_INET6:
    packet = struct.pack("!IHBB", 0x60000000, length, 17, 64) + src + dst + udp
else:
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0, 64, 17, 0, src, dst)
    packet = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((link, 0))
own = sender.getsockname()[4]
kind = 0x86dd if family == socket.AF_INET6 else 0x0800
sender.send(bytes.fromhex(mac.replace(":", "")) + own + struct.pack("!H", kind) + packet)
`;

describe.if(privileged)("scenarios", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "scenarios" }));
    await runOrThrow(engine.host, `ip addr add ${second.ipv4}/32 dev uplink0`);
    await runOrThrow(engine.host, `ip addr add ${second.ipv6}/128 dev uplink0 nodad preferred_lft 0`);
    await engine.api.createNetwork({ name: "front", subnets: [{ prefix: "10.81.0.0/24" }, { prefix: "fd81::/64" }] });
  });
  afterAll(() => stack.disposeAsync());

  const published = (protocol: "tcp" | "udp", address: string) => ({
    ...{ protocol, hostAddress: address, hostPorts: "8080", sandboxPorts: "8000" },
  });

  test("one port of two addresses leads to two sandboxes, and that of all addresses is refused beside them", async () => {
    for (const [name, addresses] of [
      ["first", uplink],
      ["other", second],
    ] as const) {
      const ports = families.flatMap((family) =>
        (["tcp", "udp"] as const).map((protocol) => published(protocol, addresses[family])),
      );
      const sandbox = await engine.sandbox(name, { networks: ["front"], ports });
      stack.use(await serve(sandbox, name, [8000]));
    }
    const late = engine.sandbox("late", { networks: ["front"], ports: [{ hostPorts: "8080", sandboxPorts: "8000" }] });
    await expect(late).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("sandbox first has"),
    });
    for (const wildcard of ["0.0.0.0", "::"]) {
      const refused = engine.sandbox("late", { networks: ["front"], ports: [published("udp", wildcard)] });
      await expect(refused).rejects.toMatchObject({ kind: "conflict" });
    }
    for (const family of families) {
      for (const protocol of ["tcp", "udp"] as const) {
        const by = async (address: string) =>
          (await ask(engine.outside, { protocol, address, port: 8080 }, { expected: true }))?.by;
        expect([await by(uplink[family]), await by(second[family])]).toEqual(["first", "other"]);
      }
    }
  });

  test("addresses that were asked for outlast the program, the daemon and the machine", async () => {
    const wish = { network: "front", ipv4: "10.81.0.77", ipv6: "fd81::77" } as const;
    await engine.sandbox("fixed", { networks: [wish], process: { command: ["sleep", "1000"] } });
    await engine.sandbox("chosen", { networks: ["front"], process: { command: ["sleep", "1000"] } });
    const addresses = async (): Promise<readonly string[]> =>
      (await engine.api.listSandboxes({}))
        .filter(({ name }) => name === "fixed" || name === "chosen")
        .flatMap(({ endpoints }) => endpoints.flatMap((endpoint): readonly string[] => endpoint.addresses))
        .toSorted();
    const before = await addresses();
    expect(before).toContain("10.81.0.77/24");
    expect(before).toContain("fd81::77/64");
    const expectThere = async (): Promise<void> => {
      expect(await addresses()).toEqual(before);
      for (const address of before)
        expect(await pings(engine.host, address.replace(/\/.*/, ""), { expected: true })).toBe(true);
    };
    await expectThere();
    for (const name of ["fixed", "chosen"]) {
      await engine.api.stopSandbox({ sandbox: name });
      await engine.api.startSandbox({ sandbox: name });
    }
    await expectThere();
    await engine.daemon.kill();
    await engine.daemon.start();
    await expectThere();
    // As after a reboot: nothing of it is in the kernel any more.
    await engine.daemon.stop();
    const links = (await witness(engine.host, "ip -j link")) as readonly { readonly ifname: string }[];
    for (const { ifname } of links.filter(({ ifname }) => /^w(eft-|v)/.test(ifname))) {
      await runOrThrow(engine.host, `ip link delete ${ifname}`).catch(() => undefined); // a pair goes with its bridge's other ports
    }
    await engine.daemon.start();
    await expectThere();
  });

  test("an id's beginning names a network and a sandbox, a name that is one wins, and two ids that begin so are refused", async () => {
    const { id } = await engine.api.getNetwork({ network: "front" });
    const prefix = id.slice(0, 12);
    const run = async (...words: readonly string[]) => {
      const { exitCode, stdout, stderr } = await weft(engine.daemon, ...words);
      return { exitCode, name: exitCode !== 0 ? stderr : JSON.parse(stdout)[0].Name };
    };
    expect(await run("network", "inspect", prefix)).toEqual({ exitCode: 0, name: "front" });
    await engine.api.createNetwork({ name: prefix });
    expect(await run("network", "inspect", prefix)).toEqual({ exitCode: 0, name: prefix });
    expect(await run("network", "inspect", id)).toEqual({ exitCode: 0, name: "front" });
    // Of seventeen ids, two begin with the same digit.
    const ids = [id];
    for (let number = 0; number < 17; number++)
      ids.push((await engine.api.createNetwork({ name: `many${number}x` })).id);
    const digit = ids.map((each) => each[0] ?? "").find((each, index, all) => all.indexOf(each) !== index) ?? "";
    const { exitCode, name } = await run("network", "inspect", digit);
    expect(exitCode).not.toBe(0);
    expect(name).toContain(`Cannot choose a network by ${digit}:`);
  });

  describe.each(families)("a port published on loopback, %s", (family) => {
    test("is out of reach of a neighbour and of a sandbox that send to it all the same", async () => {
      await runOrThrow(engine.host, "sysctl -q net.ipv4.conf.all.route_localnet=1");
      const name = `local-${family}`;
      const port = family === "ipv4" ? "8184" : "8186";
      const ports = [loopback[family], uplink[family]].map((hostAddress) => ({
        ...{ protocol: "udp" as const, hostAddress, hostPorts: port, sandboxPorts: "7000" },
      }));
      const sandbox = await engine.sandbox(name, { networks: ["front"], ports });
      const sibling = await engine.sandbox(`${name}-sibling`, { networks: ["front"] });
      await using recorder = spawnIn(sandbox, ["python3", "-c", RECORDER]);
      await waitFor(async () => String(await witness(sandbox, "ss -Hlnu")).includes(":7000"));
      const macOf = async (link: string): Promise<string> => {
        const [found] = (await witness(engine.host, `ip -j link show dev ${link}`)) as readonly { address: string }[];
        return found?.address ?? "";
      };
      const { driver } = await engine.api.getNetwork({ network: "front" });
      const bridge = driver.kind === "bridge" ? driver.settings.bridge : "";
      const forge = async (from: Place, link: string, words: readonly string[]) =>
        await runOrThrow(from, ["python3", "-c", FORGER, link, ...words]);
      const neighbour = outsideAddresses.outside[family];
      const own =
        sibling.endpoints[0]?.addresses.find((address) => address.includes(":") === (family === "ipv6")) ?? "";
      const from = own.replace(/\/.*/, "");
      const [near, far] = [await macOf("uplink0"), await macOf(bridge)];
      await forge(engine.outside, "host0", [near, neighbour, loopback[family], port, "loopback from outside"]);
      await forge(sibling, "eth0", [far, from, loopback[family], port, "loopback from a sibling"]);
      await forge(engine.outside, "host0", [near, loopback[family], uplink[family], port, "from loopback outside"]);
      await forge(sibling, "eth0", [far, loopback[family], uplink[family], port, "from a sibling's loopback"]);
      // Such frames do arrive when their addresses are right; these come last.
      await forge(engine.outside, "host0", [near, neighbour, uplink[family], port, "right from outside"]);
      await waitFor(() => recorder.output().includes("right from outside"), { what: `it in ${recorder.output()}` });
      await forge(sibling, "eth0", [far, from, uplink[family], port, "right from a sibling"]);
      await waitFor(() => recorder.output().includes("right from a sibling"), { what: `it in ${recorder.output()}` });
      expect(recorder.output().trim().split("\n")).toEqual(["right from outside", "right from a sibling"]);
    });
  });
});
