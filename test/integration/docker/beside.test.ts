import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  type Dockerd,
  type EngineHost,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  run,
  runOrThrow,
  serve,
  startDockerd,
  startEngine,
  waitFor,
} from "../../support/mod.ts";

const { outside, host: uplink } = outsideAddresses;
const yes = { expected: true } as const;
const no = { expected: false } as const;

/** What a container runs: it serves a file with its name on port 80. */
const SERVER = ["busybox", "sh", "-c", "hostname > /name; exec httpd -f -p 80 -h /"];

describe.if(privileged)("Docker's own networks and Weft's on one host", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  let dockerd: Dockerd;
  let web: SandboxView;
  let box: Place & { readonly address: string };

  const docker = (...args: readonly string[]): Promise<string> => dockerd.dockerOrThrow(...args);
  /** Not ours, counters and handles aside. */
  async function dockersRules(): Promise<string> {
    const tables = (await runOrThrow(engine.host, "nft list tables")).split("\n").filter((line) => line !== "");
    const theirs = tables.filter((line) => line !== "table inet weft");
    return (await Promise.all(theirs.map((table) => runOrThrow(engine.host, `nft -s list ${table}`)))).join("\n");
  }
  const ourRules = (): Promise<string> => runOrThrow(engine.host, "nft -s list table inet weft");
  async function placeOf(name: string): Promise<Place & { readonly address: string }> {
    const format = "{{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const [pid = "", address = ""] = (await docker("inspect", "--format", format, name)).split(" ");
    return { netnsPath: `/proc/${pid}/ns/net`, address };
  }
  /** Who answers at the published ports of both, seen from outside. */
  async function published(): Promise<readonly unknown[]> {
    const { stdout } = await run(engine.outside, `curl -s -m 5 http://${uplink.ipv4}:8090/name`);
    const ours = [uplink.ipv4, uplink.ipv6].map(
      async (address) => (await ask(engine.outside, { protocol: "tcp", port: 8080, address }, yes))?.by,
    );
    return [stdout.trim(), ...(await Promise.all(ours))];
  }
  const both = ["box", "web", "web"];

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "beside-docker" }));
    dockerd = stack.use(await startDockerd(engine.host));
    await engine.api.createNetwork({ name: "front", ipv6: true });
    web = await engine.sandbox("web", { networks: ["front"], ports: [{ hostPorts: "8080", sandboxPorts: "80" }] });
    stack.use(await serve(web, "web", [80]));
    await docker("network", "create", "blue");
    // A dockerd that starts stops what it finds running: by this signal, at once.
    const flags = ["--stop-signal", "KILL", "--restart", "always", "--network", "blue", "-p", "8090:80"];
    await docker("run", "-d", "--name", "box", "--hostname", "box", ...flags, ...SERVER);
    box = await placeOf("box");
  });
  afterAll(() => stack.disposeAsync());

  test("Docker's policy for what is forwarded is told of, and its own chain lets ours pass", async () => {
    const { warnings } = await engine.api.info({});
    const [warning = "", ...others] = warnings.filter((each) => each.includes("FORWARD"));
    expect(others).toEqual([]);
    expect(warning).toStartWith(
      "chain FORWARD of table ip filter (policy drop) drops what sandboxes on front send beyond",
    );
    const commands = warning.split("to let them pass: ")[1] ?? "";
    expect(commands).toContain("iptables-nft -I DOCKER-USER -i weft-+ -o uplink0 -j ACCEPT");
    expect(await pings(web, outside.ipv4, no)).toBe(false);
    await runOrThrow(engine.host, ["sh", "-ec", commands]);
    expect(await pings(web, outside.ipv4, yes)).toBe(true);
    expect(await pings(web, outside.ipv6, yes)).toBe(true);
    expect((await engine.api.info({})).warnings.filter((each) => each.includes("FORWARD"))).toEqual([]);
  });

  test("both reach the outside and are reached by their ports, and not each other", async () => {
    expect(await pings(box, outside.ipv4, yes)).toBe(true);
    expect(await published()).toEqual(both);
    expect(await pings(box, addressOf(web, "ipv4"), no)).toBe(false);
    expect(await pings(web, box.address, no)).toBe(false);
    // But by published ports, as anybody does.
    expect((await ask(box, { protocol: "tcp", port: 8080, address: uplink.ipv4 }, yes))?.by).toBe("web");
    const { stdout } = await run(web, `curl -s -m 5 http://${uplink.ipv4}:8090/name`);
    expect(stdout.trim()).toBe("box");
  });

  test("a network of ours is none that Docker has, nor the other way round", async () => {
    await docker("network", "create", "--subnet", "10.123.0.0/24", "red");
    await engine.api.createNetwork({ name: "auto" });
    const { subnets } = await engine.api.getNetwork({ network: "auto" });
    expect(subnets.some(({ prefix }) => prefix.startsWith("10.123."))).toBe(false);
    const taken = await docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", "bridge", "blue");
    for (const subnet of taken.split("\n")) expect(subnets.map(({ prefix }) => String(prefix))).not.toContain(subnet);
    await engine.api.createNetwork({ name: "wide", subnets: [{ prefix: "10.124.0.0/16" }] });
    expect(await dockerd.docker("network", "create", "--subnet", "10.124.7.0/24", "-o", "x=y", "over")).toMatchObject({
      exitCode: 0, // Docker asks only for its own; so that is told of
    });
    const overlap = "subnet 10.124.0.0/16 of network wide overlaps";
    await waitFor(async () => (await engine.api.info({})).warnings.some((each) => each.startsWith(overlap)));
    await docker("network", "rm", "over", "red");
    await waitFor(async () => !(await engine.api.info({})).warnings.some((each) => each.startsWith(overlap)));
    for (const network of ["auto", "wide"]) await engine.api.removeNetwork({ network });
  });

  test("a port is one's alone, and who has it is named", async () => {
    await expect(
      engine.sandbox("late", { networks: ["front"], ports: [{ hostPorts: "8090", sandboxPorts: "80" }] }),
    ).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringMatching(/8090\/tcp: process docker-proxy \(pid \d+\) has it$/),
    });
    const refused = await dockerd.docker("run", "--rm", "-p", "8080:80", "busybox", "true");
    expect(refused).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(/8080.*address already in use/s) });
    expect(await published()).toEqual(both);
  });

  test("neither changes a rule of the other's, whatever it does", async () => {
    const theirs = await dockersRules();
    const second = await engine.sandbox("second", {
      networks: ["front"],
      ports: [{ hostPorts: "8081", sandboxPorts: "80" }],
    });
    await engine.api.createNetwork({ name: "more", ipv6: true });
    await engine.api.connect({ network: "more", sandbox: second.name });
    await runOrThrow(engine.host, "nft delete table inet weft");
    await waitFor(async () => (await runOrThrow(engine.host, "nft list tables")).includes("table inet weft"));
    await engine.api.removeSandbox({ sandbox: "second" });
    await engine.api.removeNetwork({ network: "more" });
    expect(await dockersRules()).toBe(theirs);
    const ours = await ourRules();
    await docker("network", "create", "green");
    await docker("run", "-d", "--name", "other", "--network", "green", "-p", "8091:80", ...SERVER);
    await docker("rm", "-f", "other");
    await docker("network", "rm", "green");
    expect(await ourRules()).toBe(ours);
  });

  test("each may end and come back beside the other", async () => {
    const ours = await ourRules();
    await dockerd.kill();
    expect((await published()).slice(1)).toEqual(both.slice(1));
    await dockerd.start();
    expect(await ourRules()).toBe(ours);
    await waitFor(async () => Bun.deepEquals(await published(), both), { timeoutMs: 20_000, what: "both" });
    // Docker keeps what stands in the administrator's chain.
    expect(await pings(web, outside.ipv4, yes)).toBe(true);
    const theirs = await dockersRules();
    await engine.daemon.kill();
    expect((await published())[0]).toBe("box");
    await engine.daemon.start();
    expect(await dockersRules()).toBe(theirs);
    expect(await published()).toEqual(both);
  });
});
