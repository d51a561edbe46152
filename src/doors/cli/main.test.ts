import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Refusal } from "../../contract/mod.ts";
import { STANDARD_SETTINGS } from "../../model/mod.ts";
import { commandTree } from "./command-tree.ts";
import { playCli } from "./testing/play-cli.ts";

const ID = /^[0-9a-f]{64}\n$/;

describe("help", () => {
  test("every command has its name, its help, and examples that are its own", async () => {
    await using cli = await playCli();
    for (const { name, load } of commandTree) {
      const command = await load();
      expect(command.name).toBe(name);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const { line } of command.examples) expect(line).toContain(`weft ${name}`);
      const { exitCode, stdout, stderr } = await cli.run(...name.split(" "), "--help");
      expect({ name, exitCode, stderr }).toEqual({ name, exitCode: 0, stderr: "" });
      expect(stdout).toContain(`Usage: weft ${name} [OPTIONS]`);
      expect(stdout).toContain("--json");
      expect(stdout).toContain("Exit codes:");
    }
    expect(cli.engine.calls).toEqual([]);
  });

  test("without a command it is a mistake, and asked for it is none", async () => {
    await using cli = await playCli();
    expect(await cli.run()).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("\n  network ") });
    expect(await cli.run("network")).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining("  create "),
    });
    expect(await cli.run("--version")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("weft 1.2.3\n") });
    for (const words of [
      ["--help"],
      ["network", "--help"],
      ["help"],
      ["help", "network"],
      ["help", "network", "create"],
    ]) {
      expect(await cli.run(...words)).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });

  test("hidden commands and refused options are in no help", async () => {
    await using cli = await playCli();
    expect((await cli.run("--help")).stdout).not.toContain("__complete");
    expect((await cli.run("network", "create", "--help")).stdout).not.toContain("--ingress");
  });
});

describe("usage errors", () => {
  test.each([
    ["netwrok ls", "Cannot run weft netwrok: there is no such command; did you mean weft network?"],
    ["network lst", "Cannot run weft network lst: there is no such command; did you mean weft network ls?"],
    ["zzzzzz", "Cannot run weft zzzzzz: there is no such command; see weft --help"],
    [
      "network create --subnat 1",
      "Cannot use --subnat: weft network create has no such option; did you mean --subnet?",
    ],
    ["--quiet", "Cannot use --quiet: weft has no such option"],
    ["network --jsn ls", "Cannot use --jsn: weft network has no such option"],
    ["network create", "Cannot run weft network create: NETWORK is missing"],
    ["network create a b", 'Cannot use "b": weft network create takes one operand, want no more'],
    ["network ls a", 'Cannot use "a": weft network ls takes no operands, want no more'],
    ["network connect a", "Cannot run weft network connect: SANDBOX is missing"],
    ["network create -- -a", 'Cannot use NETWORK "-a": want 1 to 128 letters'],
    ["network create --subnet 10.0.0.1/24 a", 'Cannot use --subnet "10.0.0.1/24": host bits are set, want 10.0.0.0/24'],
    ["network create --gateway 10.0.0 a", 'Cannot use --gateway "10.0.0": want an IP address such as'],
    ["network create --label =x a", 'Cannot use --label "=x": want KEY=VALUE'],
    [
      "network create -d overlay a",
      'Cannot use --driver "overlay": it comes with a later version of Weft, want bridge, macvlan, ipvlan, host, none',
    ],
    ["network create -d brigde a", 'Cannot use --driver "brigde": want bridge, macvlan, ipvlan, host, none'],
    ["network create --ingress a", "Cannot use --ingress: there is no swarm to route for"],
    ["network create --scope swarm a", 'Cannot use --scope "swarm": networks are those of this host, want local'],
    ["network connect --ip fd00::1 a b", 'Cannot use --ip "fd00::1": want'],
    ["network connect --mac-address 02:42 a b", 'Cannot use --mac-address "02:42": want six octets'],
    ["network connect --gw-priority high a b", 'Cannot use --gw-priority "high": want a whole number'],
    ["network connect --link x:y:z a b", 'Cannot use --link "x:y:z": want SANDBOX or SANDBOX:ALIAS'],
    ["network ls --filter name", 'Cannot use --filter "name": want KEY=VALUE'],
    ["network ls --filter nam=x", 'Cannot use --filter "nam=x": want a key of'],
    [
      "network inspect host --format {{.Nmae}}",
      'Cannot use --format "{{.Nmae}}": there is no field .Nmae, did you mean .Name?',
    ],
    ["ps --format {{.", 'Cannot use --format "{{.": "{{." has no closing }}'],
    ["logs --tail few a", 'Cannot use --tail "few": want a whole number'],
    ["stop -t -1 a", 'Cannot use --timeout "-1": want a whole number from 0 to 3600'],
    ["sandbox add a", "Cannot add sandbox a: want one of --netns PATH, --pid PID and --docker CONTAINER"],
    ["sandbox add a --netns blue", 'Cannot use --netns "blue": want an absolute path'],
    ["sandbox add a --pid 0", 'Cannot use --pid "0": want a whole number from 1'],
    ["completion tcsh", 'Cannot use bash|zsh|fish "tcsh": want bash, zsh, fish'],
  ])("weft %s", async (line, message) => {
    await using cli = await playCli();
    await cli.engine.createNetwork({
      name: "host" as never,
      driver: "host",
      subnets: [],
      ipv4: true,
      internal: false,
      attachable: false,
      configOnly: false,
      ipamOptions: {},
      options: {},
      labels: {},
    });
    cli.engine.calls.length = 0;
    const { exitCode, stdout, stderr } = await cli.run(...line.split(" "));
    expect(stderr).toStartWith(`weft: ${message}`);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(cli.engine.calls).toEqual([]);
  });

  test.each([
    ["run -t -- sh", "Cannot use --tty: a program of weft run has no terminal"],
    ["run -v /a:/b -- sh", 'Cannot use --volume "/a:/b": programs see this machine\'s own files'],
    ["run --name a", "Cannot run weft run: COMMAND is missing"],
    ["run --rm --restart always -- sh", "Cannot use --rm with --restart always"],
    ["run -p 80:80:80:80 -- sh", 'Cannot use --publish "80:80:80:80": want [ADDRESS:]'],
    ["run --network a --network a -- sh", 'Cannot use --network "a" twice'],
    ["run --network container:a --network b -- sh", "Cannot use --network container:a with others"],
    ["run --health-interval 5 --health-cmd x -- sh", 'Cannot use --health-interval "5": want numbers with units'],
    ["run --env =x -- sh", 'Cannot use --env "=x": want NAME=VALUE'],
    ["exec a", "Cannot run weft exec: COMMAND is missing"],
    ["exec a --", "Cannot run weft exec: COMMAND is missing"],
    ["exec -d a sh", "Cannot use --detach: the program is this process"],
  ])("weft %s ends with 125, as Docker's", async (line, message) => {
    await using cli = await playCli();
    const { exitCode, stderr } = await cli.run(...line.split(" "));
    expect(stderr).toStartWith(`weft: ${message}`);
    expect(exitCode).toBe(125);
    expect(cli.engine.calls).toEqual([]);
  });
});

describe("refusals", () => {
  test.each([
    ["invalid", 2],
    ["not-found", 4],
    ["conflict", 5],
    ["in-use", 5],
    ["exhausted", 1],
    ["forbidden", 1],
    ["unsupported", 1],
    ["unavailable", 3],
    ["storage", 1],
    ["kernel", 1],
  ] as const)("%s ends with %d, and one sentence", async (kind, exitCode) => {
    await using cli = await playCli();
    cli.engine.failures.set("createNetwork", new Refusal(kind, "Cannot do it: for a reason"));
    expect(await cli.run("network", "create", "a")).toEqual({
      exitCode,
      stdout: "",
      stderr: "weft: Cannot do it: for a reason\n",
    });
    const stderr = `${JSON.stringify({ error: { kind, message: "Cannot do it: for a reason" } })}\n`;
    expect(await cli.run("network", "create", "a", "--json")).toEqual({ exitCode, stdout: "", stderr });
  });

  test("a program that could not be started ends run as a shell would", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "bridge");
    for (const [message, exitCode] of [
      ['Cannot start "x" in sandbox a: ENOENT: no such program in PATH /bin', 127],
      ['Cannot start "/etc" in sandbox a: EACCES: not a program that this user may run', 126],
      ["Cannot create sandbox a: the name is taken", 125],
    ] as const) {
      cli.engine.failures.set("createSandbox", new Refusal("invalid", message));
      expect(await cli.run("run", "-d", "--", "x")).toEqual({ exitCode, stdout: "", stderr: `weft: ${message}\n` });
    }
  });

  test("one of several does not keep the others from their turn", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "a");
    await cli.run("network", "create", "b");
    const { exitCode, stdout, stderr } = await cli.run("network", "rm", "a", "x", "b");
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "a\nb\n" });
    expect(stderr).toContain('"x"');
    expect(await cli.run("network", "rm", "--force", "x")).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("networks", () => {
  test("create takes Docker's flags, and prints the id", async () => {
    await using cli = await playCli();
    const words =
      "network create -d bridge --subnet 10.0.0.0/24 --gateway=10.0.0.254 --ip-range 10.0.0.128/25 --aux-address r=10.0.0.9 --internal -o com.docker.network.driver.mtu=1400 --label a=b --label=c --attachable --ipam-driver default net";
    expect(await cli.run(...words.split(" "))).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(ID),
      stderr: "",
    });
    expect(await cli.engine.listNetworks()).toMatchObject([
      {
        name: "net",
        subnets: [
          { prefix: "10.0.0.0/24", gateway: "10.0.0.254", range: "10.0.0.128/25", auxiliary: { r: "10.0.0.9" } },
        ],
        internal: true,
        attachable: true,
        labels: { a: "b", c: "" },
        options: { "com.docker.network.driver.mtu": "1400" },
      },
    ]);
  });

  test("ls prints Docker's table, in the order of people", async () => {
    await using cli = await playCli();
    for (const name of ["net10", "net2"]) await cli.run("network", "create", name, "--label", `n=${name}`);
    expect((await cli.run("network", "ls")).stdout).toBe(
      [
        "NETWORK ID     NAME      DRIVER    SCOPE",
        "a00000000002   net2      bridge    local",
        "a00000000001   net10     bridge    local",
        "",
      ].join("\n"),
    );
    expect((await cli.run("network", "ls", "-q", "--filter", "label=n=net2")).stdout).toBe("a00000000002\n");
    expect((await cli.run("network", "ls", "--format", 'table {{.Name}}\\t{{.Label "n"}}')).stdout).toBe(
      ["NAME      n", "net2      net2", "net10     net10", ""].join("\n"),
    );
    const { stdout } = await cli.run("network", "ls", "--json");
    expect(await cli.run("--json", "network", "ls")).toMatchObject({ exitCode: 0, stdout });
    expect(JSON.parse(stdout)).toMatchObject([
      { name: "net2", driver: { kind: "bridge" }, endpoints: [] },
      { name: "net10" },
    ]);
  });

  test("inspect prints Docker's shape, and ours with --json", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "net", "--subnet", "10.0.0.0/24");
    await cli.run("sandbox", "add", "web", "--pid", "1", "--network", "name=net,ip=10.0.0.7,alias=www");
    const [docker] = JSON.parse((await cli.run("network", "inspect", "net")).stdout);
    expect(docker).toEqual({
      Name: "net",
      Id: expect.stringMatching(/^a0+1a+$/),
      Created: "2026-01-02T03:04:05.000Z",
      Scope: "local",
      Driver: "bridge",
      EnableIPv4: true,
      EnableIPv6: false,
      IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "10.0.0.0/24", Gateway: "10.0.0.1" }] },
      Internal: false,
      Attachable: false,
      Ingress: false,
      ConfigFrom: { Network: "" },
      ConfigOnly: false,
      Containers: {
        [(await cli.engine.getSandbox({ sandbox: "web" })).id]: {
          Name: "web",
          EndpointID: expect.stringMatching(/^e/),
          MacAddress: "02:42:00:00:00:02",
          IPv4Address: "10.0.0.7/24",
          IPv6Address: "",
        },
      },
      Options: {},
      Labels: {},
    });
    const format = "{{range .Containers}}{{.Name}}={{.IPv4Address}}{{end}}";
    expect((await cli.run("network", "inspect", "-f", format, "net")).stdout).toBe("web=10.0.0.7/24\n");
    const ours = JSON.parse((await cli.run("network", "inspect", "net", "--json")).stdout);
    expect(ours).toMatchObject([{ name: "net", endpoints: [{ sandboxName: "web", aliases: ["www"] }] }]);
    const address = "{{.NetworkSettings.Networks.net.IPAddress}}";
    expect((await cli.run("inspect", "--format", address, "web")).stdout).toBe("10.0.0.7\n");
  });

  test("connect, disconnect and prune", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "net");
    await cli.run("sandbox", "add", "web", "--netns", "/run/netns/web");
    expect(await cli.run("network", "connect", "--alias", "a,b", "--gw-priority=-1", "net", "web")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
    expect((await cli.engine.getNetwork({ network: "net" })).endpoints).toMatchObject([
      { aliases: ["a", "b"], gatewayPriority: -1 },
    ]);
    expect(await cli.run("network", "rm", "net")).toMatchObject({ exitCode: 5 });
    expect(await cli.run("network", "disconnect", "-f", "net", "web")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await cli.run("network", "prune", "-f")).toMatchObject({
      exitCode: 0,
      stdout: "Deleted Networks:\nnet\n\n",
    });
    expect(await cli.run("network", "prune")).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("prune's filters, and what they refuse", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "--label", "app=shop", "a");
    await cli.run("network", "create", "--label", "app=shop", "--label", "keep=", "b");
    const prune = async (...filters: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await cli.run(
        "network",
        "prune",
        ...filters.flatMap((filter) => ["--filter", filter]),
      );
      return stderr === "" ? stdout.split("\n").slice(1, -2).join() : stderr;
    };
    expect(await prune("label=nope")).toBe("");
    expect(await prune("until=10m")).toBe(""); // they were made three minutes ago
    expect(await prune("label=app=shop", "label!=keep", "until=1m")).toBe("a");
    expect(await prune("until=soon")).toContain(
      `Cannot use --filter "until=soon": Cannot parse time "soon": want a time`,
    );
    expect(await prune("until=1m", "until=2m")).toContain("want label, label! or, once, until");
    expect(await prune("name=b")).toContain("want label, label! or, once, until");
    expect(await prune("until=2026-01-02T03:04:05Z")).toBe("b");
  });

  test("events of a span", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "net");
    expect(await cli.run("events", "--since", "5m", "--until", "1m")).toMatchObject({
      stdout: "2026-01-02T03:04:05.000Z network-create network=net\n",
    });
    expect(await cli.run("events", "--since", "2m", "--until", "1m")).toMatchObject({ stdout: "" });
    expect(await cli.run("events", "--since", "noon")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Cannot use --since "noon": Cannot parse time "noon": want a time'),
    });
    expect(await cli.run("events", "--filter", "knd=x", "--until", "1m")).toMatchObject({
      stderr: expect.stringContaining("want a key of kind, network, sandbox"),
    });
  });
});

describe("sandboxes", () => {
  test("run -d asks for what its flags say", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "net");
    const words = [
      ..."run -d --rm --name web --network name=net,alias=a --network-alias b --ip 10.0.0.5 -p 8080-8081:80-81/tcp -p 53/udp".split(
        " ",
      ),
      ..."--dns 192.0.2.1 --dns-search . --dns-option ndots:1 -h web.local --add-host db:10.0.0.9 -e A=1 -e HOME -w /tmp -u nobody".split(
        " ",
      ),
      ..."-l x=y --health-retries 2 --stop-signal int --stop-timeout 3".split(" "),
      ...["--health-cmd", "test -f /ok", "--health-interval=1m30s", "--", "sleep", "--help"],
    ];
    expect(await cli.run(...words)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(ID), stderr: "" });
    expect(await cli.engine.getSandbox({ sandbox: "web" })).toMatchObject({
      name: "web",
      hostname: "web.local",
      resolver: { servers: ["192.0.2.1"], search: ["."], options: ["ndots:1"] },
      extraHosts: [{ name: "db", address: "10.0.0.9" }],
      ports: [
        { protocol: "tcp", hostPort: 8080, sandboxPort: 80 },
        { protocol: "udp", sandboxPort: 53 },
      ],
      labels: { x: "y" },
      autoRemove: true,
      process: {
        command: ["sleep", "--help"],
        environment: { A: "1", HOME: "/root" },
        workingDirectory: "/tmp",
        user: "nobody",
        stopSignal: "SIGINT",
        stopTimeoutMs: 3000,
        healthcheck: { command: ["/bin/sh", "-c", "test -f /ok"], intervalMs: 90_000, timeoutMs: 30_000, retries: 2 },
      },
      endpoints: [{ networkName: "net", aliases: ["a", "b"], addresses: ["10.0.0.5/24"] }],
    });
  });

  test("run without a network is on bridge, in this directory, and has a name", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "bridge");
    await cli.run("run", "-d", "/usr/bin/sleep", "1");
    const [sandbox] = await cli.engine.listSandboxes();
    expect(sandbox?.name).toMatch(/^sleep-[0-9a-f]{8}$/);
    expect(sandbox?.endpoints[0]?.networkName).toBe("bridge");
    expect(sandbox?.process?.workingDirectory).toBe("/srv");
  });

  test("ps prints who runs, and all of them with --all", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "net");
    await cli.run("run", "-d", "--name", "web", "--network", "net", "-p", "8080:80", "--", "sleep", "100000000000000");
    await cli.run("run", "-d", "--name", "db", "--network", "net", "--", "true");
    await cli.run("stop", "db");
    expect((await cli.run("ps")).stdout).toBe(
      [
        "SANDBOX ID     COMMAND                  CREATED         STATUS         PORTS                                     NETWORKS   NAMES",
        'b00000000002   "sleep 1000000000000…"   3 minutes ago   Up 3 minutes   0.0.0.0:8080->80/tcp, [::]:8080->80/tcp   net        web',
        "",
      ].join("\n"),
    );
    expect((await cli.run("ps", "-a", "--format", "{{.Names}}: {{.Status}}")).stdout).toBe(
      "web: Up 3 minutes\ndb: Exited (143) 3 minutes ago\n",
    );
    expect((await cli.run("ps", "-q", "--filter", "status=exited")).stdout).toBe("b00000000004\n");
    expect(JSON.parse((await cli.run("ps", "--json")).stdout)).toMatchObject([
      { name: "web", endpoints: [{ addresses: ["172.16.0.2/24"] }] },
    ]);
  });

  test("stop, start and rm print each name; logs its lines", async () => {
    await using cli = await playCli();
    await cli.run("network", "create", "bridge");
    await cli.run("run", "-d", "--name", "web", "--", "one", "two", "three");
    expect(await cli.run("rm", "web")).toMatchObject({ exitCode: 5, stdout: "" });
    expect(await cli.run("stop", "-t", "0", "web")).toMatchObject({ exitCode: 0, stdout: "web\n" });
    expect(await cli.run("start", "web")).toMatchObject({ exitCode: 0, stdout: "web\n" });
    expect(await cli.run("logs", "web")).toMatchObject({ exitCode: 0, stdout: "one\ntwo\nthree\n" });
    expect(await cli.run("logs", "--tail", "1", "web")).toMatchObject({ stdout: "three\n" });
    expect(await cli.run("logs", "--json", "-n", "1", "web")).toMatchObject({ stdout: '{"text":"three"}\n' });
    expect(await cli.run("rm", "-f", "web")).toMatchObject({ exitCode: 0, stdout: "web\n" });
  });

  test("exec becomes what the ticket says", async () => {
    await using cli = await playCli();
    await cli.run("sandbox", "add", "web", "--pid", "1");
    await cli.run("exec", "-e", "A=1", "web", "ls", "-e", "--json");
    await cli.run("exec", "web", "--", "ls");
    expect(cli.tickets.map((ticket) => JSON.parse(ticket))).toEqual([
      { command: ["ls", "-e", "--json"] },
      { command: ["ls"] },
    ]);
  });

  test("info tells the engine's numbers, and version both versions", async () => {
    await using cli = await playCli();
    expect((await cli.run("info")).stdout).toContain("Networks:  0\n");
    expect(JSON.parse((await cli.run("info", "--json")).stdout)).toMatchObject({ pid: 4242, residentMemory: 67108864 });
    expect(await cli.run("version")).toMatchObject({ stdout: "weft 1.2.3\ndaemon 0.0.0-fake\n" });
  });
});

describe("a daemon that is not there", () => {
  const elsewhere = ["--socket", "/nonexistent/weft.sock"];

  test("is not started with --no-start, by version, or by somebody who may not", async () => {
    await using cli = await playCli();
    expect(await cli.run(...elsewhere, "--no-start", "network", "ls")).toEqual({
      exitCode: 3,
      stdout: "",
      stderr:
        "weft: Cannot list networks: no daemon listens on /nonexistent/weft.sock, want one: start it with weft daemon, or name its socket in WEFT_SOCKET\n",
    });
    const between = await cli.run("network", ...elsewhere, "--no-start", "ls");
    expect(between).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("/nonexistent/weft.sock") });
    expect(await cli.run("version", ...elsewhere)).toEqual({ exitCode: 0, stdout: "weft 1.2.3\n", stderr: "" });
    await using mortal = await playCli({ userId: 1000 });
    expect(await mortal.run("network", "ls", ...elsewhere)).toEqual({
      exitCode: 3,
      stdout: "",
      stderr:
        "weft: Cannot start a daemon: none listens on /nonexistent/weft.sock, and user 1000 may not start one, want root\n",
    });
    expect(await mortal.run("daemon")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "weft: Cannot serve networks: user 1000 may not program the kernel's, want root\n",
    });
  });

  test("weft daemon serves where flags say, and else where the environment says", async () => {
    await using cli = await playCli({ environment: { WEFT_RUN: "/run/a", WEFT_STATE: "/var/a", WEFT_SOCKET: "" } });
    await cli.run("daemon");
    await cli.run("--state", "b", "daemon", "--socket=/c", "--group", "adm", "--log", "/l");
    expect(cli.served).toEqual([
      { socket: "/run/a/weft.sock", state: "/var/a", run: "/run/a", group: "weft", engine: STANDARD_SETTINGS },
      { socket: "/c", state: "/srv/b", run: "/run/a", group: "adm", log: "/l", engine: STANDARD_SETTINGS },
    ]);
  });

  test("weft daemon serves as its configuration says, but for what flags say", async () => {
    await using cli = await playCli();
    const path = join(mkdtempSync(join(tmpdir(), "weft-config-")), "weft.yaml");
    writeFileSync(path, "group: net\nlog: /l\ndefault-address-pools: [{base: 10.9.0.0/16, size: 26}]\n");
    await cli.run("daemon", "--config", path, "--group", "adm");
    expect(cli.served).toMatchObject([
      { group: "adm", log: "/l", engine: { addressPools: [{ prefix: "10.9.0.0/16", subnetLength: 26 }] } },
    ]);
    expect(await cli.run("daemon", "--check-config", "--config", path)).toEqual({
      ...{ exitCode: 0, stdout: `${path} is right\n`, stderr: "" },
    });
    writeFileSync(path, "group: net\ndefault-address-pools: [{base: 10.9.0.0/16, size: 8}]\n");
    const sentence = `weft: Cannot read ${path}:2:51: default-address-pools[0].size: got 8: want from 16, the length of 10.9.0.0/16, to 31\n`;
    for (const words of [["daemon"], ["daemon", "--check-config"]]) {
      expect(await cli.run(...words, "--config", path)).toMatchObject({ stdout: "", stderr: sentence });
    }
    expect(cli.served).toHaveLength(1);
    rmSync(dirname(path), { recursive: true });
  });
});
