import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type CommandResult,
  type EngineHost,
  pings,
  privileged,
  run,
  runOrThrow,
  spawnIn,
  startEngine,
  waitFor,
  witness,
} from "../support/mod.ts";

const sleeping = { command: ["/bin/sleep", "1000000"] };

describe.if(privileged)("Docker's clients on Weft", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "docker-clients" }));
    await engine.sandbox("web", { process: sleeping });
    await engine.sandbox("db", { process: sleeping });
  });
  afterAll(() => stack.disposeAsync());

  function commandOf(words: readonly string[]): string[] {
    return ["/usr/bin/docker", "--host", `unix://${engine.daemon.socket}`, ...words];
  }
  /** Debian's own client; in a line, spaces part words. */
  function docker(command: string | readonly string[]): Promise<CommandResult> {
    const words = typeof command === "string" ? command.split(" ") : command;
    return run(engine.host, commandOf(words), { environment: { HOME: "/nonexistent" } });
  }
  async function printed(command: string | readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await docker(command);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    return stdout.trimEnd();
  }
  interface Answer {
    readonly status: number;
    readonly body: string;
  }
  async function ask(method: string, target: string, body?: unknown): Promise<Answer> {
    const json = body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const response = await fetch(`http://docker${target}`, { unix: engine.daemon.socket, method, ...json });
    return { status: response.status, body: await response.text() };
  }

  test("what docker network makes is in the kernel, carries packets and names, and goes again", async () => {
    const id = await printed(
      "network create --ipv6 --subnet 10.61.0.0/24 --subnet fd00:61::/64 --gateway 10.61.0.254 net",
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    const bridge = `weft-${id.slice(0, 10)}`;
    expect(await witness(engine.host, `ip -j address show dev ${bridge}`)).toMatchObject([
      { addr_info: expect.arrayContaining([expect.objectContaining({ local: "10.61.0.254", prefixlen: 24 })]) },
    ]);
    await printed("network connect --ip 10.61.0.7 --ip6 fd00:61::7 --alias www net web");
    await printed("network connect --link web:friend net db");
    const [web, db] = await Promise.all(["web", "db"].map((sandbox) => engine.api.getSandbox({ sandbox })));
    if (web === undefined || db === undefined) throw new Error("There are no sandboxes");
    expect(await pings(db, "10.61.0.7", { expected: true })).toBe(true);
    expect(await pings(db, "fd00:61::7", { expected: true })).toBe(true);
    for (const name of ["web", "www", "friend"]) {
      expect(await witness(db, `dig +short @127.0.0.11 ${name} A`)).toBe("10.61.0.7");
    }
    const addresses = "{{range .Containers}}{{.Name}} {{.IPv4Address}} {{.IPv6Address}};{{end}}";
    expect(await printed(["network", "inspect", "--format", addresses, "net"])).toContain(
      "web 10.61.0.7/24 fd00:61::7/64;",
    );
    await printed("network disconnect net web");
    expect(await pings(db, "10.61.0.7", { expected: false })).toBe(false);
    await printed("network disconnect net db");
    expect(await printed("network rm net")).toBe("net");
    expect((await run(engine.host, `ip link show dev ${bridge}`)).exitCode).not.toBe(0);
  });

  test("docker network connect makes the network called bridge, as Docker has it", async () => {
    await printed("network connect bridge web");
    expect(await printed("network ls --filter type=builtin --format {{.Name}}")).toBe("bridge\nhost\nnone");
    await printed("network disconnect bridge web");
    expect(await docker("network rm bridge")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("bridge is a pre-defined network and cannot be removed"),
    });
    await engine.api.removeNetwork({ network: "bridge" });
    // One that cannot be joined leaves none behind.
    expect((await docker("network connect --ip 10.99.99.99 bridge web")).exitCode).toBe(1);
    expect(await printed("network ls --format {{.Name}}")).toBe("host\nnone");
  });

  test("a client's version is its own to choose, within limits", async () => {
    const ask = (version: string) =>
      run(engine.host, commandOf(["network", "ls", "--format", "{{.Name}}"]), {
        environment: { HOME: "/nonexistent", DOCKER_API_VERSION: version },
      });
    expect(await ask("1.24")).toMatchObject({ exitCode: 0, stdout: "host\nnone\n" });
    for (const [version, says] of [
      ["1.23", "client version 1.23 is too old. Minimum supported API version is 1.24"],
      ["1.99", "client version 1.99 is too new. Maximum supported API version is 1.54"],
    ] as const) {
      expect(await ask(version)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(says) });
    }
  });

  test("docker events says what happens while it happens", async () => {
    const line = "events --filter type=network --format {{.Action}}:{{.Actor.Attributes.name}}";
    await using watching = spawnIn(engine.host, commandOf(line.split(" ")));
    // The client says nothing before the first event: it listens when one has come through.
    await waitFor(async () => {
      await printed("network create probe");
      await printed("network rm probe");
      return watching.output() !== "";
    });
    await printed("network create seen");
    await printed("network connect seen web");
    await printed("network disconnect seen web");
    await printed("network rm seen");
    const told = await waitFor(() => watching.output().includes("destroy:seen") && watching.output());
    expect(told).toEndWith("create:seen\nconnect:seen\ndisconnect:seen\ndestroy:seen\n");
  });

  test("docker logs and docker inspect show a sandbox", async () => {
    const program = { command: ["/bin/sh", "-c", "echo one; echo two >&2; exec sleep 1000000"] };
    await engine.sandbox("speaker", { process: program, ports: [{ sandboxPorts: "80", hostPorts: "8061" }] });
    await waitFor(async () => (await printed("logs speaker")).includes("two"));
    expect(await printed("logs --tail 1 speaker")).toBe("two");
    const format = '{{.State.Status}} {{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}';
    expect(await printed(["inspect", "--format", format, "speaker"])).toBe("running 8061");
    await using follower = spawnIn(engine.host, commandOf(["logs", "--follow", "speaker"]));
    await waitFor(() => follower.output().endsWith("two\n"));
    await engine.api.stopSandbox({ sandbox: "speaker", timeoutMs: 0 });
    await waitFor(() => follower.exited(), { what: "the end of docker logs --follow with the program's" });
    expect(await docker("logs --timestamps speaker")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("its logs have no times"),
    });
    expect(await docker("stop speaker")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("want weft") });
    await engine.api.removeSandbox({ sandbox: "speaker", force: true });
  });

  test("python's docker package", async () => {
    const result = await run(engine.host, ["python3", "-c", PYTHON, engine.daemon.socket]);
    expect(result.stderr).toBe("");
    expect(JSON.parse(result.stdout)).toEqual({
      ping: true,
      subnet: "10.62.0.0/24",
      names: ["py"],
      address: "10.62.0.9",
      containers: ["web"],
      status: "running",
      again: [403, "endpoint with name web already exists in network py"],
      held: [403, true],
      missing: [404, "network nosuch not found"],
      pruned: ["py"],
      events: ["create", "connect", "disconnect", "destroy"],
    });
  });

  test("forty networks, and names, ids and their beginnings", async () => {
    const created = await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask("POST", "/v1.41/networks/create", { Name: `many${index}` })),
    );
    const ids = created.map(({ status, body }) => {
      expect([status, body]).toEqual([201, body]);
      return (JSON.parse(body) as { readonly Id: string }).Id;
    });
    const inspect = async (reference: string): Promise<unknown> => {
      const { status, body } = await ask("GET", `/v1.41/networks/${reference}`);
      const value = JSON.parse(body) as { readonly Name?: string; readonly message?: string };
      return status === 200 ? value.Name : [status, value.message];
    };
    const [first = ""] = ids;
    expect(await inspect(first)).toBe("many0");
    expect(await inspect(first.slice(0, 12))).toBe("many0");
    // Of forty random ids, some begin with the same of sixteen digits.
    const digit =
      Array.from("0123456789abcdef").find((each) => ids.filter((id) => id.startsWith(each)).length > 1) ?? "";
    const matches = (await engine.api.listNetworks({})).filter(({ id }) => id.startsWith(digit)).length;
    expect(await inspect(digit)).toEqual([
      400,
      `network ${digit} is ambiguous (${matches} matches found based on ID prefix)`,
    ]);
    // A name goes before the beginning of an id, and a whole id before a name.
    await ask("POST", "/v1.41/networks/create", { Name: first.slice(0, 12) });
    expect(await inspect(first.slice(0, 12))).toBe(first.slice(0, 12));
    await ask("POST", "/v1.41/networks/create", { Name: first });
    expect(await inspect(first)).toBe("many0");
    expect((await ask("DELETE", `/v1.41/networks/${first.slice(0, 12)}`)).status).toBe(204);
    expect(await inspect(first.slice(0, 12))).toBe("many0");
    await printed("network prune --force");
    expect(await printed("network ls --quiet --filter type=custom")).toBe("");
  });

  test("a hundred clients at once: one has the name, and all are answered", async () => {
    const creations = await Promise.all(
      Array.from({ length: 100 }, () => ask("POST", "/networks/create", { Name: "one" })),
    );
    const statuses = Map.groupBy(creations, ({ status }) => status);
    expect([statuses.get(201)?.length, statuses.get(409)?.length]).toEqual([1, 99]);
    const joins = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        ask("POST", `/networks/one/${index % 2 === 0 ? "connect" : "disconnect"}`, { Container: "web" }),
      ),
    );
    const wrong = joins.filter(
      ({ status, body }) =>
        status !== 200 && !/already exists in network one|is not connected to network one/.test(body),
    );
    expect(wrong).toEqual([]);
    await ask("POST", "/networks/one/disconnect", { Container: "web" });
    expect(await printed("network rm one")).toBe("one");
    const links = (await witness(engine.host, "ip -j link show type veth")) as readonly { readonly ifalias?: string }[];
    expect(links.filter(({ ifalias = "" }) => ifalias.startsWith("weft "))).toEqual([]);
  });

  test("the address of a client that speaks neither API is told both", async () => {
    expect(await ask("GET", "/nosuch")).toEqual({ status: 404, body: '{"message":"page not found"}\n' });
    expect(await ask("GET", "/v1/nosuch")).toMatchObject({ status: 404, body: expect.stringContaining("/v1") });
    expect(await ask("GET", "/v1.23/networks")).toMatchObject({
      status: 400,
      body: expect.stringContaining("client version 1.23 is too old. Minimum supported API version is 1.24"),
    });
    const large = await ask("POST", "/networks/create", { Name: "x".repeat(2 ** 20) });
    expect(large).toMatchObject({ status: 413, body: expect.stringContaining("want at most 1048576 bytes") });
    await runOrThrow(engine.host, commandOf(["network", "ls"]));
  });
});

const PYTHON = `
import docker, json, sys, time
client = docker.DockerClient(base_url="unix://" + sys.argv[1])
since = time.time()
def refused(call):
    try:
        call()
    except docker.errors.APIError as error:
        return [error.status_code, error.explanation]
pool = docker.types.IPAMPool(subnet="10.62.0.0/24", gateway="10.62.0.1")
net = client.networks.create("py", ipam=docker.types.IPAMConfig(pool_configs=[pool]), labels={"by": "py"}, check_duplicate=True)
net.connect("web", ipv4_address="10.62.0.9", aliases=["www"])
net.reload()
containers = client.containers.list(filters={"network": "py"})
held = refused(net.remove)
facts = {
    "ping": client.ping(),
    "subnet": net.attrs["IPAM"]["Config"][0]["Subnet"],
    "names": [n.name for n in client.networks.list(filters={"label": "by=py"})],
    "address": containers[0].attrs["NetworkSettings"]["Networks"]["py"]["IPAddress"],
    "containers": [c.name for c in net.containers],
    "status": containers[0].status,
    "again": refused(lambda: net.connect("web")),
    "held": [held[0], "has active endpoints" in held[1]],
    "missing": refused(lambda: client.networks.get("nosuch")),
}
net.disconnect("web", force=True)
facts["pruned"] = client.networks.prune(filters={"label": "by=py"})["NetworksDeleted"]
told = client.events(decode=True, since=since, until=time.time(), filters={"type": "network", "network": "py"})
facts["events"] = [event["Action"] for event in told]
print(json.dumps(facts))
`;
