import { describe, expect, test } from "bun:test";
import {
  createHost,
  type Daemon,
  type Host,
  inPlace,
  isAlive,
  type Place,
  privileged,
  request,
  run,
  runOrThrow,
  startDaemon,
  waitFor,
  watchEvents,
  witness,
} from "../support/mod.ts";

/** Somebody else's process, in a network namespace of its own. */
interface Stranger extends AsyncDisposable {
  readonly pid: number;
  end(): Promise<void>;
}

async function startStranger(host: Host): Promise<Stranger> {
  const child = Bun.spawn(inPlace(host, ["unshare", "--net", "sleep", "1000"]));
  const { pid } = child;
  await waitFor(async () => (await Bun.file(`/proc/${pid}/comm`).text()) === "sleep\n", { what: "sleep" });
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return { pid, end, [Symbol.asyncDispose]: end };
}

/** A namespace as `ip netns` makes it. The name is one that a later run sweeps away. */
async function nameNamespace(
  label: string,
): Promise<AsyncDisposable & { readonly path: string; readonly name: string }> {
  const name = `weft-test-${process.pid}-${label}`;
  await runOrThrow(here, `ip netns add ${name}`);
  return {
    name,
    path: `/run/netns/${name}`,
    async [Symbol.asyncDispose]() {
      await run(here, `ip netns delete ${name}`);
    },
  };
}

/** The namespace that tests run in: for programs that look after names of namespaces, never to change links in it. */
const here: Place = { netnsPath: "/proc/self/ns/net" };

async function join(daemon: Daemon, name: string, namespace: unknown): Promise<void> {
  await request(daemon, "POST", "/sandboxes", {
    ...{ name, namespace, ports: [{ hostPorts: "8080", sandboxPorts: "80" }] },
    networks: [{ network: "front", ipv4: "10.92.0.10" }],
  });
}

async function prepare(host: Host): Promise<Daemon> {
  const daemon = await startDaemon(host);
  const options = { "com.docker.network.bridge.name": "front0" };
  await request(daemon, "POST", "/networks", { name: "front", subnets: [{ prefix: "10.92.0.0/24" }], options });
  await request(daemon, "POST", "/sandboxes", { name: "peer", networks: [{ network: "front" }] });
  return daemon;
}

async function peerOf(daemon: Daemon): Promise<Place> {
  return (await request(daemon, "GET", "/sandboxes/peer")) as Place;
}

/** All that the sandbox `guest` had is free, says everybody who is asked; the sandbox is there, dead. The bridge has so many ports left. */
async function expectBuried(host: Host, daemon: Daemon, { ports = 1 } = {}): Promise<void> {
  await waitFor(
    async () => JSON.stringify(await request(daemon, "GET", "/sandboxes/guest")).includes('"state":"dead"'),
    { timeoutMs: 2000, what: `the sandbox dead; the log: ${await daemon.log()}` },
  );
  // It is called dead first, and cleared away then.
  const isCleared = async (): Promise<boolean> => {
    const links = (await witness(host, "ip -j link show master front0")) as readonly unknown[];
    const map = String(await witness(host, "nft list map inet weft published_any4"));
    return links.length === ports && !map.includes("8080");
  };
  await waitFor(isCleared, { timeoutMs: 2000, what: "its links and its published port gone" });
  expect(await request(daemon, "GET", "/sandboxes/guest")).toMatchObject({ endpoints: [], ports: [], netnsPath: "" });
  // Its name is taken until it is removed, its address and port are not.
  await request(daemon, "POST", "/sandboxes", {
    ...{ name: "heir", ports: [{ hostPorts: "8080", sandboxPorts: "80" }] },
    networks: [{ network: "front", ipv4: "10.92.0.10" }],
  });
  expect(await witness(await peerOf(daemon), "dig +short +tries=1 @127.0.0.11 guest A")).toBe("");
  await request(daemon, "DELETE", "/sandboxes/heir");
}

/** A veth into a namespace goes when the kernel takes that down: nobody holds it any more then. */
async function expectGone(host: Host, probe: string): Promise<void> {
  await waitFor(async () => (await run(host, `ip link show ${probe}`)).exitCode !== 0, {
    what: `the end of the namespace that ${probe} leads into`,
  });
}

describe.if(privileged)("a namespace of somebody else's", () => {
  test("by pid: the end of the process frees all, and nothing keeps the namespace", async () => {
    await using host = await createHost({ label: "by-pid" });
    await using daemon = await prepare(host);
    await using events = await watchEvents(daemon);
    await using stranger = await startStranger(host);
    await join(daemon, "guest", { kind: "pid", pid: stranger.pid });
    const peer = await peerOf(daemon);
    await waitFor(async () => (await run(peer, "ping -c 1 -W 1 10.92.0.10")).exitCode === 0, { what: "a ping" });
    expect(await witness(peer, "dig +short @127.0.0.11 guest A")).toBe("10.92.0.10");
    await runOrThrow(host, `ip link add probe0 type veth peer name inner0 netns ${stranger.pid}`);
    await stranger.end();
    await expectBuried(host, daemon);
    await expectGone(host, "probe0");
    expect(events.seen).toContainEqual(expect.objectContaining({ kind: "sandbox-exit", sandbox: "guest" }));
    // Dead it stays over a restart, and may be removed.
    await daemon.kill();
    await daemon.start();
    await expectBuried(host, daemon);
    await request(daemon, "DELETE", "/sandboxes/guest");
  });

  test("by path: `ip netns delete` frees all, and nothing keeps the namespace", async () => {
    await using host = await createHost({ label: "by-path" });
    await using daemon = await prepare(host);
    await using foreign = await nameNamespace("foreign");
    await join(daemon, "guest", { kind: "path", path: foreign.path });
    await runOrThrow(host, `ip link add probe0 type veth peer name inner0 netns ${foreign.name}`);
    await runOrThrow(here, `ip netns delete ${foreign.name}`);
    await expectBuried(host, daemon);
    await expectGone(host, "probe0");
    // A new namespace at the same path is not the old one.
    await runOrThrow(here, `ip netns add ${foreign.name}`);
    await daemon.kill();
    await daemon.start();
    await expectBuried(host, daemon);
  });

  test("whose guest has a program with a health check: the check fails, and the daemon goes on", async () => {
    await using host = await createHost({ label: "unhealthy" });
    await using daemon = await prepare(host);
    await using stranger = await startStranger(host);
    await join(daemon, "guest", { kind: "pid", pid: stranger.pid });
    const healthcheck = { command: ["true"], intervalMs: 100, timeoutMs: 5000, retries: 1 };
    await request(daemon, "POST", "/sandboxes", {
      ...{ name: "lodger", namespace: { kind: "shared", sandbox: "guest" } },
      process: { command: ["sleep", "1000"], healthcheck },
    });
    const lodger = async (): Promise<string> => JSON.stringify(await request(daemon, "GET", "/sandboxes/lodger"));
    await waitFor(async () => (await lodger()).includes('"health":"healthy"'), { what: "a healthy program" });
    await using events = await watchEvents(daemon);
    await stranger.end();
    await waitFor(async () => events.seen.some((event) => JSON.stringify(event).includes("unhealthy")), {
      what: "the check to fail",
    });
    expect(await request(daemon, "GET", "/sandboxes/lodger")).toMatchObject({ status: { state: "dead" } });
    await request(daemon, "DELETE", "/sandboxes/lodger?force=true");
  });

  test("that lives is taken over by the next daemon, with its flows", async () => {
    await using host = await createHost({ label: "taken-over" });
    await using daemon = await prepare(host);
    await using stranger = await startStranger(host);
    await using foreign = await nameNamespace("living");
    await join(daemon, "guest", { kind: "pid", pid: stranger.pid });
    await request(daemon, "POST", "/sandboxes", {
      ...{ name: "named", namespace: { kind: "path", path: foreign.path } },
      networks: [{ network: "front", ipv4: "10.92.0.11" }],
    });
    const peer = await peerOf(daemon);
    const pings = ["10.92.0.10", "10.92.0.11"].map((address) => witness(peer, `ping -i 0.02 -q -c 100 ${address}`));
    await daemon.kill();
    await daemon.start();
    for (const summary of await Promise.all(pings)) expect(summary).toContain("100 received");
    expect(await witness(peer, "dig +short @127.0.0.11 guest A")).toBe("10.92.0.10");
    // And its end is noticed by that one too.
    await stranger.end();
    await expectBuried(host, daemon, { ports: 2 });
    expect(await request(daemon, "GET", "/sandboxes/named")).toMatchObject({ status: { state: "running" } });
  });

  test("that ended while no daemon ran is found out by the next, also when its path opens another now", async () => {
    await using host = await createHost({ label: "unseen" });
    await using daemon = await prepare(host);
    await using foreign = await nameNamespace("replaced");
    await join(daemon, "guest", { kind: "path", path: foreign.path });
    await daemon.kill();
    await runOrThrow(here, `ip netns delete ${foreign.name}`);
    await runOrThrow(here, `ip netns add ${foreign.name}`);
    await daemon.start();
    await expectBuried(host, daemon);
    expect(await witness({ netnsPath: foreign.path }, "ip -j link")).toMatchObject([{ ifname: "lo" }]);
  });

  test("by a pid that another process has now is not taken for the old one", async () => {
    await using host = await createHost({ label: "reused" });
    await using daemon = await prepare(host);
    await using stranger = await startStranger(host);
    await join(daemon, "guest", { kind: "pid", pid: stranger.pid });
    await daemon.kill();
    await stranger.end();
    await using other = await startWithPid(host, stranger.pid);
    await daemon.start();
    await expectBuried(host, daemon);
    expect(isAlive(other.pid)).toBe(true);
    expect(await witness({ netnsPath: `/proc/${other.pid}/ns/net` }, "ip -j link")).toMatchObject([{ ifname: "lo" }]);
  });
});

/** A stranger with a pid of our choice: the kernel hands out the next number after the last, and lets root say which that was. */
async function startWithPid(host: Host, pid: number): Promise<Stranger> {
  for (let attempt = 0; attempt < 200; attempt++) {
    await Bun.write("/proc/sys/kernel/ns_last_pid", String(pid - 1));
    const stranger = await startStranger(host);
    if (stranger.pid === pid) return stranger;
    await stranger.end();
  }
  throw new Error(`Cannot start a process with pid ${pid}: another has it`);
}
