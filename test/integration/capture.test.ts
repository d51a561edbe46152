import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createHost,
  type Host,
  inPlace,
  outsideAddresses,
  privileged,
  run,
  runOrThrow,
  spawnIn,
  startDaemon,
  waitFor,
  weft,
  weftCommand,
  witness,
} from "../support/mod.ts";

const noDaemon = { WEFT_SOCKET: "/nonexistent/weft.sock" };
const { outside } = outsideAddresses;

/** A `weft capture` that runs. */
interface Capture {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly process: Bun.Subprocess;
  /** Ctrl-C, and its end. */
  readonly interrupt: () => Promise<{ readonly exitCode: number; readonly stderr: string }>;
}

/** Starts capturing; when this returns, packets are seen. */
async function startCapture(
  place: { readonly netnsPath: string },
  args: readonly string[],
  environment: Readonly<Record<string, string>> = noDaemon,
): Promise<Capture> {
  const child = Bun.spawn(inPlace(place, [...weftCommand(), "capture", ...args]), {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...environment },
  });
  const texts = { stdout: "", stderr: "" };
  const follow = async (name: "stdout" | "stderr"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of child[name]) texts[name] += decoder.decode(chunk, { stream: true });
  };
  const both = Promise.all([follow("stdout"), follow("stderr")]);
  await waitFor(() => texts.stderr.includes("Capturing on") || child.exitCode !== null, { what: "a capture's start" });
  return {
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    process: child,
    interrupt: async () => {
      child.kill("SIGINT");
      const exitCode = await child.exited;
      await both;
      return { exitCode, stderr: texts.stderr };
    },
  };
}

describe.if(privileged)("weft capture", () => {
  let directory = "";
  let host: Host;
  const file = (name: string): string => join(directory, name);
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "weft-capture-"));
    host = await createHost({ label: "capture", uplink: true });
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const fields = async (path: string, ...names: readonly string[]): Promise<readonly (readonly string[])[]> => {
    const wanted = names.flatMap((name) => ["-e", name]);
    const text = await runOrThrow(host, ["tshark", "-n", "-r", path, "-T", "fields", ...wanted]);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t"));
  };
  const ping = (count = 1): Promise<string> => runOrThrow(host, `ping -n -c ${count} -i 0.05 -W 2 ${outside.ipv4}`);

  test("both ends of a link in one file, in the order of time, both ways", async () => {
    const path = file("both.pcapng");
    const outsideName = `${host.name}-outside`;
    const capture = await startCapture(host, [`uplink0,${outsideName}:host0`, "icmp", "-w", path]);
    await ping(3);
    const { exitCode, stderr } = await capture.interrupt();
    expect(exitCode).toBe(0);
    expect(stderr).toContain("In all: 12 packets captured, 0 dropped by the kernel");
    const seen = await fields(
      path,
      "frame.interface_name",
      "frame.packet_flags_direction",
      "icmp.type",
      "frame.time_epoch",
    );
    const out = "0x00000002";
    const into = "0x00000001";
    const exchange = [
      ["uplink0", out, "8"],
      ["host0", into, "8"],
      ["host0", out, "0"],
      ["uplink0", into, "0"],
    ];
    expect(seen.map((packet) => packet.slice(0, 3))).toEqual([...exchange, ...exchange, ...exchange]);
    const times = seen.map((packet) => packet[3] ?? "");
    expect(times.toSorted()).toEqual(times);
    expect(times.every((time) => /^\d+\.\d{9}$/.test(time))).toBe(true);
    expect(times.some((time) => !time.endsWith("000"))).toBe(true); // nanoseconds, and not microseconds with zeros
    // Private: packets are other people's secrets.
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const told = await runOrThrow(host, ["capinfos", path]);
    expect(told).toMatch(/Number of packets: +12\n/);
    expect(told).toMatch(/Time precision = nanoseconds \(9\)/);
    expect(told.match(/Number of stat entries = 1/g)).toHaveLength(2);
    const read = await runOrThrow(host, ["tcpdump", "-n", "-r", path]);
    expect(read.match(/ICMP echo request/g)).toHaveLength(6);
  });

  test("links that come later are captured on as well, in a file as on the terminal", async () => {
    await using place = await createHost({ label: "capture-later", uplink: true });
    const path = file("later.pcapng");
    const lines = await startCapture(place, [place.name, "icmp"]);
    const written = await startCapture(place, [`${place.name},pid:${lines.process.pid}`, "icmp", "-w", path]);
    const named = await startCapture(place, ["uplink0", "icmp"]);
    await runOrThrow(place, `ping -n -c 1 -W 2 ${outside.ipv4}`);
    for (const [index, link] of ["late0", "late1"].entries()) {
      const far = index + 1;
      await runOrThrow(
        place,
        `ip link add ${link} index ${700 + far} type veth peer name ${link} index ${800 + far} netns ${place.name}-outside`,
      );
      await Promise.all(
        [lines, written].map((capture) =>
          waitFor(() => capture.stderr().includes(`Capturing on ${place.name}:${link} as well`), { what: link }),
        ),
      );
      await runOrThrow(place, `ip addr add 10.8.${far}.1/24 dev ${link}`);
      await runOrThrow(place, `ip link set ${link} up`);
      await runOrThrow(place.outside, `ip addr add 10.8.${far}.2/24 dev ${link}`);
      await runOrThrow(place.outside, `ip link set ${link} up`);
      await runOrThrow(place, `ping -n -c 2 -i 0.05 -W 2 10.8.${far}.2`);
      // The first goes, and its number is the next one's again.
      if (index === 0) await runOrThrow(place, `ip link delete ${link}`);
    }
    expect((await written.interrupt()).stderr).toContain("In all: 10 packets captured, 0 dropped by the kernel");
    const seen = await fields(path, "frame.interface_name", "icmp.type", "ip.dst");
    const count = (of: string): number => seen.filter(([link, type]) => `${link} ${type}` === of).length;
    expect(["uplink0", "late0", "late1"].map((link) => [count(`${link} 8`), count(`${link} 0`)])).toEqual([
      [1, 1],
      [2, 2],
      [2, 2],
    ]);
    expect(await runOrThrow(place, ["capinfos", path])).toMatch(/Number of interfaces in file: 4\n/);
    await waitFor(() => lines.stdout().includes(" 10.8.2.2 > 10.8.2.1 "), { what: "the last answer" });
    await lines.interrupt();
    for (const link of ["late0", "late1"]) {
      expect(lines.stdout().match(new RegExp(`${place.name}:${link} .*ICMP echo request`, "g"))).toHaveLength(2);
    }
    // Whoever asked for one link gets that one.
    expect((await named.interrupt()).stderr).not.toContain("as well");
    expect(named.stdout()).not.toContain("10.8.");
  }, 40_000);

  test("a file that is followed by others has later links in each of them", async () => {
    await using place = await createHost({ label: "capture-rotate", uplink: true });
    const path = file("rotate.pcapng");
    const capture = await startCapture(place, ["any", "icmp", "-w", path, "--size", "1000"]);
    await runOrThrow(place, "ip link add late0 type veth peer name far0");
    await waitFor(() => capture.stderr().includes("Capturing on late0 as well"), { what: "late0" });
    await runOrThrow(place, "ip addr add 10.8.0.1/24 dev late0");
    for (const link of ["late0", "far0"]) await runOrThrow(place, `ip link set ${link} up`);
    await runOrThrow(place, `ping -n -c 6 -i 0.05 -W 2 ${outside.ipv4}`);
    await runOrThrow(place, "ip neigh add 10.8.0.2 lladdr 02:00:00:00:00:02 dev late0");
    await run(place, "ping -n -c 1 -W 1 10.8.0.2"); // nobody answers
    await capture.interrupt();
    const files = (await readdir(directory)).filter((name) => name.startsWith("rotate")).toSorted();
    expect(files.length).toBeGreaterThan(1);
    const packets = (await Promise.all(files.map((name) => fields(file(name), "frame.interface_name")))).flat(2);
    expect(packets.filter((name) => name === "uplink0")).toHaveLength(12);
    expect(packets.filter((name) => name === "late0")).toHaveLength(1);
  }, 40_000);

  test("a namespace by process, path and name; loopback's packets once", async () => {
    await using inside = {
      child: Bun.spawn(inPlace(host, ["sleep", "60"])),
      [Symbol.asyncDispose]: async () => inside.child.kill(),
    };
    await waitFor(
      async () =>
        (await runOrThrow(host, ["readlink", `/proc/${inside.child.pid}/ns/net`])) ===
        (await runOrThrow(host, ["readlink", "/proc/self/ns/net"])),
    );
    for (const place of [`pid:${inside.child.pid}:lo`, `${host.netnsPath}:lo`, `netns:${host.name}:lo`]) {
      const path = file("places.pcapng");
      const elsewhere = host.outside;
      const capture = await startCapture(elsewhere, [place, "icmp", "-w", path]);
      await runOrThrow(host, "ping -n -c 1 127.0.0.1");
      await capture.interrupt();
      expect((await fields(path, "frame.interface_name", "icmp.type")).map(String)).toEqual(["lo,8", "lo,0"]);
    }
  });

  test("ends by itself after --count packets, and after --duration", async () => {
    const counted = await startCapture(host, ["uplink0", "icmp", "--count", "3", "-w", file("count.pcapng")]);
    await ping(4);
    expect(await counted.process.exited).toBe(0);
    expect(await fields(file("count.pcapng"), "icmp.type")).toHaveLength(3);
    const startedMs = performance.now();
    const timed = await startCapture(host, ["uplink0", "--duration", "300ms", "-w", file("timed.pcapng")]);
    expect(await timed.process.exited).toBe(0);
    expect(performance.now() - startedMs).toBeGreaterThan(300);
  });

  test("keeps --snaplen bytes of each packet, and its length", async () => {
    const path = file("snap.pcapng");
    const capture = await startCapture(host, ["uplink0", "icmp", "--snaplen", "50", "-w", path]);
    await runOrThrow(host, `ping -n -c 1 -s 1000 ${outside.ipv4}`);
    await capture.interrupt();
    expect((await fields(path, "frame.cap_len", "frame.len")).map(String)).toEqual(["50,1042", "50,1042"]);
  });

  test("a link without Ethernet, beside one with it", async () => {
    const path = file("tun.pcapng");
    await using _tun = spawnIn(host, ["socat", "-u", "TUN:198.51.100.1/24,tun-name=tun7,iff-up", "OPEN:/dev/null"]);
    await waitFor(async () => (await run(host, "ip link show dev tun7 up")).stdout.includes("LOWER_UP"));
    const capture = await startCapture(host, ["tun7,uplink0", "icmp and not src net 10.0.0.0/8", "-w", path]);
    await run(host, "ping -n -c 1 -W 0.1 198.51.100.2");
    await ping();
    await capture.interrupt();
    expect((await fields(path, "frame.interface_name", "frame.encap_type", "icmp.type", "ip.dst")).map(String)).toEqual(
      [
        "tun7,7,8,198.51.100.2", // WTAP_ENCAP_RAW_IP
        "uplink0,1,8,203.0.113.1", // WTAP_ENCAP_ETHERNET
        "uplink0,1,0,203.0.113.2",
      ],
    );
    const refused = await run(host, [...weftCommand(), "capture", "tun7", "broadcast", "-w", path], {
      environment: noDaemon,
    });
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("it asks for Ethernet's broadcast") });
  });

  test("makes a link promiscuous only when asked to, and for as long as it captures", async () => {
    const promiscuity = async (): Promise<unknown> => {
      const [link] = (await witness(host, "ip -d -j link show uplink0")) as readonly { promiscuity: number }[];
      return link?.promiscuity;
    };
    const plain = await startCapture(host, ["uplink0", "-w", file("plain.pcapng")]);
    expect(await promiscuity()).toBe(0);
    await plain.interrupt();
    const all = await startCapture(host, ["uplink0", "--promiscuous", "-w", file("promiscuous.pcapng")]);
    expect(await promiscuity()).toBe(1);
    await all.interrupt();
    expect(await promiscuity()).toBe(0);
  });

  test("the kernel takes a filter whose branches are longer than a byte", async () => {
    const ports = Array.from({ length: 400 }, (_, index) => `port ${index + 1}`).join(" or ");
    const args = ["uplink0", `(${ports} or icmp) and not net 10.0.0.0/8`, "--count", "2", "-w", file("long.pcapng")];
    const capture = await startCapture(host, args);
    await ping();
    expect(await capture.process.exited).toBe(0);
    expect((await fields(file("long.pcapng"), "icmp.type")).map(String)).toEqual(["8", "0"]);
  });

  test("begins another file at --size and keeps the last --files", async () => {
    const path = file("rotate.pcapng");
    const args = ["uplink0", "icmp", "--size", "5k", "--files", "2", "-w", path];
    const capture = await startCapture(host, args);
    await runOrThrow(host, `ping -n -c 9 -i 0.02 -s 1000 ${outside.ipv4}`);
    await capture.interrupt();
    const files = (await readdir(directory)).filter((name) => name.startsWith("rotate")).toSorted();
    expect(files).toEqual(["rotate-3.pcapng", "rotate-4.pcapng"]);
    const counts = await Promise.all(files.map(async (name) => (await fields(file(name), "icmp.type")).length));
    expect(counts).toEqual([4, 2]); // 18 packets, 4 to a file: the first three files are gone
    for (const name of files) expect((await stat(file(name))).size).toBeLessThanOrEqual(5000 + 400);
  });

  test("to standard output; a reader that has enough ends it quietly", async () => {
    const piped = [
      "sh",
      "-c",
      `ping -n -i 0.02 -c 40 ${outside.ipv4} >/dev/null & "$@" capture uplink0 icmp -w - -c 4 | tcpdump -n -r - 2>/dev/null`,
      ...["sh", ...weftCommand()],
    ];
    const text = await runOrThrow(host, piped, { environment: noDaemon });
    expect(text.trim().split("\n")).toHaveLength(4);
    const script = `ping -n -i 0.02 -c 40 ${outside.ipv4} >/dev/null & { "$@" capture uplink0 icmp -w - ; echo $? >&2; } | head -c 400 >/dev/null`;
    const { stderr } = await run(host, ["sh", "-c", script, "sh", ...weftCommand()], { environment: noDaemon });
    expect(stderr).toBe("Capturing on uplink0; Ctrl-C ends it\n141\n");
    const printed = await run(host, ["sh", "-c", script.replace("-w -", ""), "sh", ...weftCommand()], {
      environment: noDaemon,
    });
    expect(printed.stderr).toBe("Capturing on uplink0; Ctrl-C ends it\n141\n");
  });

  test("a full disk is one sentence, and the file stays whole", async () => {
    const mount = file("small");
    await runOrThrow(host, ["mkdir", mount]);
    await runOrThrow(host, ["mount", "-t", "tmpfs", "-o", "size=64k", "weft-test", mount]);
    await using _mounted = { [Symbol.asyncDispose]: async () => void (await runOrThrow(host, ["umount", mount])) };
    const path = join(mount, "full.pcapng");
    const capture = await startCapture(host, ["uplink0", "icmp", "-w", path]);
    await run(host, `ping -q -n -c 60 -i 0.01 -s 1400 ${outside.ipv4}`);
    expect(await capture.process.exited).toBe(1);
    await waitFor(() => capture.stderr().includes("Cannot"));
    expect(capture.stderr()).toContain(`weft: Cannot write ${path}: ENOSPC: the disk is full\n`);
    expect((await fields(path, "icmp.type")).length).toBeGreaterThan(20);
  });

  test("a link that goes down and comes back is waited for; one that is deleted ends it", async () => {
    const path = file("down.pcapng");
    await runOrThrow(host, "ip link add here type veth peer name there");
    await runOrThrow(host, "ip addr add 192.0.2.1/24 dev here");
    await runOrThrow(host, "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev here");
    await runOrThrow(host, "ip link set here up");
    await runOrThrow(host, "ip link set there up");
    const capture = await startCapture(host, ["link:there", "icmp", "-w", path]);
    await run(host, "ping -n -c 1 -W 0.1 192.0.2.2");
    await runOrThrow(host, "ip link set there down");
    await runOrThrow(host, "ip link set there up");
    await waitFor(async () => {
      const links = (await witness(host, "ip -j link show")) as readonly { ifname: string; operstate: string }[];
      return links.filter(({ ifname, operstate }) => /here/.test(ifname) && operstate === "UP").length === 2;
    });
    await runOrThrow(host, "ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev here");
    await run(host, "ping -n -c 1 -W 0.1 192.0.2.2");
    await runOrThrow(host, "ip link delete here");
    expect(await capture.process.exited).toBe(0);
    expect(capture.stderr()).toContain("The links are gone\n2 packets captured, 0 dropped by the kernel\n");
  });

  test("loses nothing of 300,000 packets at over 100,000 a second", async () => {
    const path = file("flood.pcapng");
    // An address that nobody has: whoever answered would slow the sender down.
    await runOrThrow(host, "ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev uplink0");
    const capture = await startCapture(host.outside, ["host0", "udp dst port 9999", "-w", path]);
    const sender = join(import.meta.dir, "../support/send-datagrams.ts");
    const text = await runOrThrow(host, [process.execPath, sender, "203.0.113.9", "9999", "300000", "120000"]);
    const sent: unknown = JSON.parse(text);
    expect(sent).toMatchObject({ sent: 300_000 });
    const { exitCode, stderr } = await capture.interrupt();
    expect(exitCode).toBe(0);
    expect(stderr).toContain("300000 packets captured, 0 dropped by the kernel\n");
    expect(await runOrThrow(host, ["capinfos", "-c", "-M", path])).toMatch(/Number of packets: +300000\n/);
    const [link] = (await witness(host.outside, "ip -s -j link show host0")) as readonly {
      stats64: { rx: { packets: number } };
    }[];
    expect(link?.stats64.rx.packets).toBeGreaterThanOrEqual(300_000);
    expect((sent as { perSecond: number }).perSecond).toBeGreaterThan(100_000);
  }, 60_000);

  test("lines on the terminal: both ways, and what tcpdump says of the same packets", async () => {
    const path = file("lines.pcapng");
    const written = await startCapture(host, ["uplink0", "icmp or arp", "-w", path]);
    const capture = await startCapture(host, ["uplink0", "icmp or arp"]);
    await runOrThrow(host, `ip neigh flush ${outside.ipv4} dev uplink0`);
    await ping();
    await written.interrupt();
    const { exitCode, stderr } = await capture.interrupt();
    expect({ exitCode, stderr: stderr.split("\n")[1] }).toMatchObject({ exitCode: 0 });
    const lines = capture.stdout().trimEnd().split("\n");
    const told = (await runOrThrow(host, ["tcpdump", "-n", "-r", path])).trimEnd().split("\n");
    expect(lines).toHaveLength(told.length);
    // The same clock in the same time zone: both sockets saw each packet within a millisecond.
    const clock = (text: string): number => Date.parse(`2000-01-01T${text.slice(0, 15)}Z`);
    const apart = lines.map((line, index) => Math.abs(clock(line) - clock(told[index] ?? "")));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
    const id = /id (\d+), seq 1/.exec(told.find((line) => line.includes("echo request")) ?? "")?.[1];
    expect(lines.map((line) => line.slice(19))).toEqual(
      expect.arrayContaining([
        `uplink0 out 203.0.113.2 > 203.0.113.1 ICMP echo request, id ${id}, seq 1`,
        `uplink0 in  203.0.113.1 > 203.0.113.2 ICMP echo reply, id ${id}, seq 1`,
        "uplink0 out ARP who has 203.0.113.1, tell 203.0.113.2",
      ]),
    );
  });

  test("lines of JSON", async () => {
    const capture = await startCapture(host, ["uplink0", "icmp", "--json"]);
    await ping();
    await capture.interrupt();
    const packets: readonly unknown[] = capture
      .stdout()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    const request = {
      ip: { source: outsideAddresses.host.ipv4, destination: outside.ipv4, ttl: 64 },
      icmp: { type: 8 },
    };
    expect(packets).toMatchObject([
      { time, link: "uplink0", direction: "out", lengthBytes: 98, capturedBytes: 98, names: {}, ...request },
      { time, link: "uplink0", direction: "in", icmp: { type: 0, sequence: 1 } },
    ]);
  });

  test("a name of DNS that would steer the terminal is printed as text, in lines and in JSON", async () => {
    // CSI in both of its forms, ESC [ and U+009B, in a question for 203.0.113.1
    const question = "123401000001000000000000041b5b324a019b0000010001";
    const script = `printf '${question.replace(/../g, "\\x$&")}' | socat - UDP:203.0.113.1:53`;
    const args = ["uplink0", "udp dst port 53", "--count", "1"];
    for (const [options, says] of [
      [[], "DNS 4660 A \\x1b[2J.\\x9b?"],
      [["--json"], '"name":"\\u001b[2J.\\u009b"'],
    ] as const) {
      const capture = await startCapture(host, [...args, ...options]);
      await run(host, ["bash", "-c", script]);
      expect(await capture.process.exited).toBe(0);
      await waitFor(() => capture.stdout().includes("\n"));
      expect(capture.stdout()).toContain(says);
    }
  });

  test("a daemon's sandboxes by their names, in lines, filters and files", async () => {
    await using daemon = await startDaemon(host);
    const environment = {
      WEFT_SOCKET: daemon.socket,
      WEFT_STATE: daemon.stateDirectory,
      WEFT_RUN: daemon.runDirectory,
    };
    const done = async (...args: readonly string[]): Promise<void> => {
      expect(await weft(daemon, ...args)).toMatchObject({ exitCode: 0 });
    };
    await done("network", "create", "--subnet", "10.88.0.0/24", "front");
    const sleep = ["--", "busybox", "sleep", "600"];
    await done("run", "-d", "--name", "web", "--network", "front", "--ip", "10.88.0.10", ...sleep);
    const path = file("named.pcapng");
    const filter = "icmp and host web or udp port 53";
    const lines = await startCapture(host, ["web", filter], environment);
    const written = await startCapture(host, ["web:eth0", filter, "-w", path], environment);
    // It comes while we capture, and has a name all the same.
    await done("run", "-d", "--name", "api", "--network", "front", "--ip", "10.88.0.20", ...sleep);
    await waitFor(async () => {
      await done("exec", "web", "busybox", "ping", "-c", "1", "-W", "2", "api");
      return lines.stdout().includes("web > api ICMP echo request");
    });
    await Promise.all([lines.interrupt(), written.interrupt()]);
    expect(lines.stderr()).toStartWith("Capturing on web:lo, web:eth0; Ctrl-C ends it\n");
    expect(lines.stdout()).toMatch(/ web:lo in {2}\S+ > 127\.0\.0\.11:53 DNS \d+ A api\?\n/);
    expect(lines.stdout()).toMatch(/ web:lo in {2}127\.0\.0\.11:53 > \S+ DNS \d+ A api: A 10\.88\.0\.20\n/);
    expect(lines.stdout()).toMatch(/ web:eth0 in {2}api > web ICMP echo reply, id \d+, seq \d+\n/);
    const [[name, description] = []] = await fields(path, "frame.interface_name", "frame.interface_description");
    expect([name, description]).toEqual(["eth0", "sandbox web, network front"]);
    const resolved = await runOrThrow(host, [
      "tshark",
      "-2",
      "-N",
      "n",
      "-r",
      path,
      "-T",
      "fields",
      "-e",
      "ip.src_host",
    ]);
    expect(resolved).toMatch(/^web$/m);
    expect(resolved).toMatch(/^api$/m); // which the file's beginning did not know: so two passes
    // It ends with its sandbox, though it holds the namespace and the loopback link in it.
    const last = await startCapture(host, ["web"], environment);
    await done("rm", "-f", "web", "api");
    expect(await last.process.exited).toBe(0);
    expect(last.stderr()).toContain("The links are gone\n");
    await done("network", "rm", "front");
  }, 30_000);

  const refused: readonly (readonly [args: readonly string[], exitCode: number, sentence: string])[] = [
    [
      ["nothing"],
      4,
      "Cannot capture on nothing: neither a link here nor a namespace of ip netns is called so, and no daemon runs",
    ],
    [["nothing:eth0"], 4, 'Cannot find namespace "nothing": no daemon answers that could know a sandbox'],
    [["link:eth9"], 4, "Cannot capture on link eth9 here: want one of lo, uplink0"],
    [["sandbox:web"], 4, 'Cannot find sandbox "web": there is none'],
    [["pid:4194303"], 4, "Cannot open namespace of process 4194303: there is no such process"],
    [["/nonexistent"], 4, 'Cannot open namespace "/nonexistent": there is no such file'],
    [["/etc/hostname"], 2, 'Cannot open namespace "/etc/hostname": it is no network namespace'],
    [
      ["uplink0", "tcp", "prt", "80"],
      2,
      'Cannot read filter "tcp prt 80" at column 5: there is "prt", want src, dst, port',
    ],
    [["uplink0", "-w", "/nonexistent/x"], 1, "Cannot write /nonexistent/x: ENOENT: there is no such directory"],
    [["uplink0:x:y:z"], 2, 'Cannot use PLACE[,PLACE...] "uplink0:x:y:z": want NAME, NAME:LINK'],
  ];
  test.each(refused)("%j is refused with one sentence", async (args, exitCode, sentence) => {
    const write = args.includes("-w") ? [] : ["-w", file("refused.pcapng")];
    const answer = await run(host, [...weftCommand(), "capture", ...args, ...write], { environment: noDaemon });
    expect(answer).toMatchObject({ exitCode, stdout: "" });
    expect(answer.stderr).toStartWith(`weft: ${sentence}`);
    expect(answer.stderr.match(/\n/g)).toHaveLength(1);
  });

  test("without the privilege it says which", async () => {
    const command = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", ...weftCommand()];
    const answer = await run(host, [...command, "capture", "uplink0", "-w", file("forbidden.pcapng")], {
      environment: noDaemon,
    });
    expect(answer).toMatchObject({
      exitCode: 1,
      stderr: "weft: Cannot capture on uplink0: EPERM, want root or the capability CAP_NET_RAW\n",
    });
  });
});
