// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are the subject
import { describe, expect, test } from "bun:test";
import { readFixture, readText } from "./compose-fixture.ts";
import { type ComposeService, readComposeProject, readProjectName } from "./mod.ts";

/** The one service of a project that has nothing else to say. */
function one(body: string): ComposeService {
  const [service] = readText(`services:\n  web: {command: run, ${body}}`).services;
  if (service === undefined) throw new Error("no service");
  return service;
}

test("a service of one line has all defaults", () => {
  expect<unknown>(readText("services: {web: {command: run it}}")).toEqual({
    name: "shop",
    networks: [
      {
        key: "default",
        name: "shop_default",
        external: false,
        driver: "bridge",
        options: {},
        subnets: [],
        ipv4: true,
        internal: false,
        attachable: false,
        labels: {},
      },
    ],
    services: [
      {
        name: "web",
        position: { file: "compose.yaml", line: 1, column: 12 },
        sandboxName: "shop-web-1",
        command: ["run", "it"],
        environment: {},
        workingDirectory: "/srv/shop",
        labels: {},
        profiles: [],
        networking: {
          kind: "networks",
          attachments: [{ network: "default", aliases: ["web"], gatewayPriority: 0, driverOptions: {} }],
        },
        ports: [],
        resolver: { servers: [], search: [], options: [] },
        extraHosts: [],
        dependencies: [],
        restart: "no",
        stopSignal: "SIGTERM",
        stopTimeoutMs: 10_000,
      },
    ],
    declared: { networks: ["default"], services: ["web"] },
    warnings: [],
  });
});

describe("a service's keys", () => {
  const port = (first: number, last = first): object => ({ first, last });
  test.each<[string, object]>([
    ["entrypoint: [a, b]", { command: ["a", "b", "run"] }],
    ["container_name: shop.web", { sandboxName: "shop.web" }],
    ["hostname: WEB.local, domainname: example.org", { hostname: "web.local", domainname: "example.org" }],
    ["user: '1000:100'", { user: "1000:100" }],
    ["working_dir: app/../src", { workingDirectory: "/srv/shop/src" }],
    ["working_dir: /tmp", { workingDirectory: "/tmp" }],
    ["labels: {a: 1, b: null, x-c: true}", { labels: { a: "1", b: "", "x-c": "true" } }],
    ["environment: {A: 1.10, B: true, C: '', D: null}", { environment: { A: "1.10", B: "true", C: "" } }],
    ["environment: ['A=x=y', B]", { environment: { A: "x=y" } }],
    ["stop_signal: int, stop_grace_period: 1m", { stopSignal: "SIGINT", stopTimeoutMs: 60_000 }],
    ["restart: unless-stopped", { restart: "unless-stopped" }],
    ["deploy: {replicas: 1, restart_policy: {condition: on-failure}}", { restart: "on-failure" }],
    ["deploy: {restart_policy: {}}", { restart: "always" }],
    [
      "dns: 1.1.1.1, dns_search: [a.b, c], dns_opt: [ndots:2]",
      { resolver: { servers: ["1.1.1.1"], search: ["a.b", "c"], options: ["ndots:2"] } },
    ],
    [
      "extra_hosts: {a: [10.0.0.1, '[::1]'], b: host-gateway}",
      {
        extraHosts: [
          { name: "a", address: "10.0.0.1" },
          { name: "a", address: "::1" },
          { name: "b", address: "host-gateway" },
        ],
      },
    ],
    ["network_mode: host", { networking: { kind: "host" } }],
    ["network_mode: none", { networking: { kind: "none" } }],
    [
      "healthcheck: {test: [CMD, a, b], timeout: 2s}",
      { healthcheck: { command: ["a", "b"], intervalMs: 30_000, timeoutMs: 2000, retries: 3, startPeriodMs: 0 } },
    ],
    [
      "healthcheck: {test: a | b, interval: 1s, retries: 9, start_period: 1m}",
      {
        healthcheck: {
          command: ["/bin/sh", "-c", "a | b"],
          intervalMs: 1000,
          timeoutMs: 30_000,
          retries: 9,
          startPeriodMs: 60_000,
        },
      },
    ],
    ["ports: [8080]", { ports: [{ protocol: "tcp", sandboxPorts: port(8080) }] }],
    [
      "ports: ['8080:80', '8080:80/tcp']",
      { ports: [{ protocol: "tcp", hostPorts: port(8080), sandboxPorts: port(80) }] },
    ],
    [
      "ports: ['127.0.0.1:8080:80/udp']",
      { ports: [{ protocol: "udp", hostAddress: "127.0.0.1", hostPorts: port(8080), sandboxPorts: port(80) }] },
    ],
    ["ports: ['127.0.0.1::80']", { ports: [{ protocol: "tcp", hostAddress: "127.0.0.1", sandboxPorts: port(80) }] }],
    [
      "ports: ['[::1]:80:80']",
      { ports: [{ protocol: "tcp", hostAddress: "::1", hostPorts: port(80), sandboxPorts: port(80) }] },
    ],
    [
      "ports: ['9090-9091:8080-8081']",
      { ports: [{ protocol: "tcp", hostPorts: port(9090, 9091), sandboxPorts: port(8080, 8081) }] },
    ],
    ["ports: ['3000-3005']", { ports: [{ protocol: "tcp", sandboxPorts: port(3000, 3005) }] }],
    ["ports: ['8000-9000:80']", { ports: [{ protocol: "tcp", hostPorts: port(8000, 9000), sandboxPorts: port(80) }] }],
    ["ports: [{target: 80}]", { ports: [{ protocol: "tcp", sandboxPorts: port(80) }] }],
    [
      "ports: [{target: '80', published: 8000-9000, host_ip: '::1', protocol: udp, mode: host, name: a, app_protocol: b}]",
      { ports: [{ protocol: "udp", hostAddress: "::1", hostPorts: port(8000, 9000), sandboxPorts: port(80) }] },
    ],
    ["expose: [80, '90-92/udp']", { ports: [] }],
  ])("%s", (body, expected) => {
    expect<object>(one(body)).toMatchObject(expected);
  });

  test("a healthcheck that is off is none", () => {
    expect(one("healthcheck: {test: x, disable: true}").healthcheck).toBeUndefined();
    expect(one("healthcheck: {test: [NONE]}").healthcheck).toBeUndefined();
  });

  test("network_mode: service:… lives in the other's sandbox and waits for it", () => {
    const project = readText("services: {a: {command: x, network_mode: service:b}, b: {command: y}}");
    expect(project.services.map(({ name }) => name)).toEqual(["b", "a"]);
    expect(project.services[1]).toMatchObject({
      networking: { kind: "service", service: "b" },
      dependencies: [{ service: "b", condition: "service_started", required: true }],
    });
  });

  test("network_mode: bridge joins the network that is always there", () => {
    const project = readText("services: {a: {command: x, network_mode: bridge}}");
    expect(project.networks).toMatchObject([{ key: "bridge", name: "bridge", external: true }]);
  });
});

describe("networks", () => {
  test("on a parent, with addresses from a DHCP server", () => {
    const project = readText(`
services: {web: {command: run, networks: {lan: {ipv4_address: 192.168.1.9, mac_address: "02:00:00:00:00:09"}}}}
networks:
  lan: {driver: macvlan, driver_opts: {parent: eth0, macvlan_mode: vepa}, ipam: {driver: dhcp}}
`);
    expect<object>(project.networks).toMatchObject([
      { driver: "macvlan", options: { parent: "eth0", macvlan_mode: "vepa" }, ipamDriver: "dhcp", subnets: [] },
    ]);
  });

  test("an attachment has all that the file says, and priority orders them", () => {
    const project = readText(`
services:
  web:
    command: run
    mac_address: 02-42-AC-11-00-02
    networks:
      front: {aliases: [www, WWW.shop], gw_priority: -1, driver_opts: {a: 1}}
      back: {ipv4_address: 10.0.0.9, ipv6_address: "FD00::9", interface_name: back0, priority: 1000}
      other:
networks:
  other: {external: true, name: shared}
  back: {enable_ipv6: true, ipam: {driver: default, config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.254, ip_range: 10.0.0.128/25, aux_addresses: {router: 10.0.0.1}}, {subnet: "fd00::/64"}]}}
  front: {name: dmz, internal: true, attachable: true, driver: bridge, driver_opts: {com.docker.network.driver.mtu: 1400}, labels: [a=b]}
  unused: {driver: no-such}
`);
    expect<object>(project.networks).toMatchObject([
      { key: "other", name: "shared", external: true },
      {
        key: "back",
        name: "shop_back",
        ipv6: true,
        subnets: [
          { prefix: "10.0.0.0/24", gateway: "10.0.0.254", range: "10.0.0.128/25", auxiliary: { router: "10.0.0.1" } },
          { prefix: "fd00::/64" },
        ],
      },
      {
        key: "front",
        name: "dmz",
        internal: true,
        attachable: true,
        options: { "com.docker.network.driver.mtu": "1400" },
        labels: { a: "b" },
      },
    ]);
    expect<unknown>(project.services[0]?.networking).toEqual({
      kind: "networks",
      attachments: [
        {
          network: "back",
          aliases: ["web"],
          ipv4: "10.0.0.9",
          ipv6: "fd00::9",
          mac: "02:42:ac:11:00:02",
          interfaceName: "back0",
          gatewayPriority: 0,
          driverOptions: {},
        },
        { network: "front", aliases: ["web", "www", "www.shop"], gatewayPriority: -1, driverOptions: { a: "1" } },
        { network: "other", aliases: ["web"], gatewayPriority: 0, driverOptions: {} },
      ],
    });
  });
});

describe("the project", () => {
  const text = "services: {web: {command: $CMD}}";
  test("variables: the caller's environment, then .env, then nothing and a warning", () => {
    const commands = (environment: Record<string, string>, dotenv?: string): unknown =>
      readText("services: {web: {command: 'run $CMD'}}", { environment, ...(dotenv !== undefined && { dotenv }) });
    expect(commands({ CMD: "a" }, "CMD=b")).toMatchObject({ services: [{ command: ["run", "a"] }], warnings: [] });
    expect(commands({}, "CMD=b")).toMatchObject({ services: [{ command: ["run", "b"] }], warnings: [] });
    expect(commands({})).toMatchObject({
      services: [{ command: ["run"] }],
      warnings: ["compose.yaml:1:27: services.web.command: variable CMD is not set: an empty text stands in its place"],
    });
  });

  test.each([
    ["the flag", { projectName: "flag", environment: { CMD: "x", COMPOSE_PROJECT_NAME: "env" } }, "flag"],
    ["the variable", { environment: { CMD: "x", COMPOSE_PROJECT_NAME: "env" } }, "env"],
    ["the key", { environment: { CMD: "x", N: "key" } }, "key"],
  ])("its name comes from %s first", (_, rest, expected) => {
    expect(readFixture({ texts: [`name: old\n${text}`, "name: $N"], ...rest }).name).toBe(expected);
  });

  test("its name is a variable", () => {
    expect(readText("services: {web: {command: 'x $COMPOSE_PROJECT_NAME'}}").services[0]?.command).toEqual([
      "x",
      "shop",
    ]);
  });

  test("profiles choose services", () => {
    const profiled = `services: {web: {command: x}, dbg: {command: x, profiles: [debug, all]}, adm: {command: x, profiles: [admin]}}`;
    const names = (profiles: readonly string[], environment = {}): readonly string[] =>
      readText(profiled, { profiles, environment }).services.map(({ name }) => name);
    expect(names([])).toEqual(["web"]);
    expect(names(["debug"])).toEqual(["web", "dbg"]);
    expect(names(["*"])).toEqual(["web", "dbg", "adm"]);
    expect(names([], { COMPOSE_PROFILES: "admin, x" })).toEqual(["web", "adm"]);
    expect(names(["debug"], { COMPOSE_PROFILES: "admin" })).toEqual(["web", "dbg"]);
  });

  test("a service that is named comes with what it depends on, and its profiles are active", () => {
    const text = `services:
  web: {command: x, networks: [front], depends_on: [api]}
  api: {command: x, networks: [back], depends_on: {db: {required: false}}}
  db: {command: x, profiles: [store], networks: [back]}
  fill: {command: x, profiles: [store], depends_on: [db], networks: [back]}
  alone: {command: x}
networks: {front: , back: , idle: }`;
    const chosen = (...services: readonly string[]): unknown => {
      const project = readText(text, { services });
      return [project.services.map(({ name }) => name), project.networks.map(({ key }) => key)];
    };
    expect(chosen("web")).toEqual([
      ["api", "web"],
      ["front", "back"],
    ]);
    expect(chosen("fill")).toEqual([["db", "fill"], ["back"]]);
    expect(chosen("alone", "db")).toEqual([
      ["db", "alone"],
      ["default", "back"],
    ]);
    expect(readText(text, { services: ["db"] }).declared).toEqual({
      networks: ["default", "front", "back", "idle"],
      services: ["web", "api", "db", "fill", "alone"],
    });
    expect(() => chosen("wep")).toThrow('Cannot find service "wep": did you mean "web"?');
  });

  test("of two .env files the earlier wins, and the environment over both", () => {
    const project = readComposeProject({
      files: [{ path: "c.yaml", text: "services: {web: {command: x $A $B $C}}" }],
      directory: "/srv/shop",
      environment: { A: "caller" },
      dotenvs: [
        { path: "near/.env", text: "A=near\nB=near" },
        { path: "far/.env", text: "A=far\nB=far\nC=$B" },
      ],
      readText: () => undefined,
    });
    expect(project.services[0]?.command).toEqual(["x", "caller", "near", "near"]);
  });

  test("the name is told from files whose services are malformed", () => {
    const input = { files: [{ path: "c.yaml", text: "name: old\nservices: {web: {prots: 1}}" }], directory: "/x" };
    expect(readProjectName({ ...input, environment: {}, readText: () => undefined })).toBe("old");
  });

  test("a dependency that is not required may be missing", () => {
    const project = readText(
      "services: {web: {command: x, depends_on: {dbg: {required: false}}}, dbg: {command: x, profiles: [p]}}",
    );
    expect(project.services).toMatchObject([{ name: "web", dependencies: [] }]);
  });

  test("services come after what they depend on, otherwise as written", () => {
    const project = readText(
      "services: {z: {command: x, depends_on: [a, m]}, b: {command: x}, m: {command: x, links: [a]}, a: {command: x}}",
    );
    expect(project.services.map(({ name }) => name)).toEqual(["a", "m", "z", "b"]);
  });

  test("documents of one file merge like files", () => {
    expect(readText("services: {web: {command: x}}\n---\nservices: {web: {command: y}}").services[0]?.command).toEqual([
      "y",
    ]);
  });

  test("what is left out is said once each", () => {
    const project = readText(`version: "3.8"
x-extra: {anything: 1}
volumes: {data: {}}
services:
  web: {command: a && b, image: nginx, logging: {driver: none}, privileged: false, cap_drop: [], deploy: {resources: {}, mode: global}, restart: "on-failure:3", healthcheck: {test: x, start_interval: 1s}, network_mode: host, ports: [80]}
`);
    expect(project.warnings).toEqual([
      "compose.yaml:1:1: version is ignored: it is obsolete; the Compose Specification has one version",
      "compose.yaml:3:1: volumes is ignored: no service that Weft runs uses it",
      "compose.yaml:5:26: services.web.image is ignored: Weft runs a command of this host, not an image",
      'compose.yaml:5:40: services.web.logging is ignored: Weft keeps the output for "weft logs"',
      "compose.yaml:5:122: services.web.deploy.mode is ignored: Weft runs one process of each service on this host",
      'compose.yaml:5:226: services.web.ports is ignored: with "network_mode: host" the process has the host\'s own ports',
      "compose.yaml:5:185: services.web.healthcheck.start_interval is ignored: Weft checks every interval from the start",
      'compose.yaml:5:18: services.web.command: "&&" is an argument like any other, since no shell runs the command: want ["sh", "-c", "…"] for one',
      "compose.yaml:5:146: services.web.restart: the limit of 3 is ignored: Weft keeps restarting",
    ]);
  });
});

describe("env files and labels", () => {
  const others = {
    "/srv/shop/a.env": "A=1\nB=${A}2\nC=file\nFROM",
    "/srv/shop/b.env": 'A=3\nB="$A"',
    "/srv/shop/raw.env": 'R="$A"',
    "/srv/shop/l.labels": "a=1\nb=2",
  };
  const environment = { FROM: "caller" };
  test("later files win, and environment over them", () => {
    const body =
      "env_file: [a.env, {path: b.env}, {path: raw.env, format: raw}, {path: none.env, required: false}], environment: [C=own]";
    expect(
      readText(`services: {web: {command: x, ${body}}}`, { others, environment }).services[0]?.environment,
    ).toEqual({
      A: "3",
      B: "3",
      C: "own",
      FROM: "caller",
      R: '"$A"',
    });
  });
  test("names of Object's own members are names like any other", () => {
    const [service] = readText(
      "services: {web: {command: x, environment: [constructor, __proto__=1, valueOf=2]}}",
    ).services;
    expect(Object.entries(service?.environment ?? {})).toEqual([
      ["__proto__", "1"],
      ["valueOf", "2"],
    ]);
  });
  test("label files stand below labels", () => {
    const project = readText("services: {web: {command: x, label_file: l.labels, labels: {b: 3}}}", { others });
    expect(project.services[0]?.labels).toEqual({ a: "1", b: "3" });
  });
  test.each([
    [
      "env_file: none.env",
      'compose.yaml:1:40: services.web.env_file: no file "none.env": want one, or "required: false"',
    ],
    ["env_file: {path: bad.env}", "bad.env:2:1: "],
    ["env_file: [{path: a.env, format: json}]", 'services.web.env_file[0].format: got "json": want "raw"'],
    ["env_file: [{required: true}]", 'services.web.env_file[0]: "path" is missing'],
  ])("%s is refused", (body, sentence) => {
    const read = (): unknown =>
      readText(`services: {web: {command: x, ${body}}}`, { others: { ...others, "/srv/shop/bad.env": "A=1\n??" } });
    expect(read).toThrow(sentence);
  });
});

describe("extends", () => {
  const others = {
    "/srv/shop/lib/base.yaml":
      "services:\n  base: {command: x, env_file: ./base.env, extends: {service: root}, environment: {B: base}}\n  root: {environment: {A: root, B: root}, labels: {l: $V}}",
    "/srv/shop/lib/base.env": "E=1",
  };
  test("a service of the same file", () => {
    const project = readText(
      "services: {web: {extends: base, environment: {B: 2}}, base: {command: x, environment: [A=1, B=1], profiles: [p]}}",
      { profiles: ["p"] },
    );
    expect(project.services[0]).toMatchObject({ command: ["x"], environment: { A: "1", B: "2" }, profiles: ["p"] });
  });
  test("a service of another file, whose paths are its own", () => {
    const project = readText("services: {web: {extends: {file: lib/base.yaml, service: base}, command: y}}", {
      others,
      environment: { V: "v" },
    });
    expect(project.services[0]).toMatchObject({
      command: ["y"],
      environment: { A: "root", B: "base", E: "1" },
      labels: { l: "v" },
    });
  });
  test.each([
    [
      "{extends: web}",
      "the services extend one another: compose.yaml services.web -> compose.yaml services.web: want an end",
    ],
    ["{extends: bse}", 'no service "bse" in compose.yaml: did you mean "base"?'],
    ["{extends: {service: base, file: no.yaml}}", 'no file "/srv/shop/no.yaml": want a Compose file'],
    ["{extends: {file: lib/base.yaml}}", '"service" is missing'],
  ])("%s is refused", (web, sentence) => {
    expect(() => readText(`services: {web: ${web}, base: {command: x}}`, { others })).toThrow(sentence);
  });
});

describe("links", () => {
  const text = (link: string): string =>
    `services: {web: {command: x, links: [${link}], networks: [n, m]}, db: {command: x, networks: [n, o]}, cache: {command: x, networks: [n]}}\nnetworks: {n: , m: , o: }`;
  test("an alias is a name that the linking service alone sees, on the common networks", () => {
    const project = readText(text("db:data"));
    expect<unknown>(project.services).toMatchObject([
      {
        name: "db",
        networking: {
          attachments: [
            { network: "n", aliases: ["db"] },
            { network: "o", aliases: ["db"] },
          ],
        },
      },
      {
        name: "web",
        networking: { attachments: [{ network: "n", links: [{ name: "db", alias: "data" }] }, { network: "m" }] },
      },
      { name: "cache" },
    ]);
    expect(project.warnings).toEqual([]);
  });
  test("a service on no common network is refused", () => {
    expect(() => readText("services: {a: {command: x, links: [b]}, b: {command: x, network_mode: none}}")).toThrow(
      'services.a.links[0]: "b" is on no network of this service: want a common one',
    );
  });
});
