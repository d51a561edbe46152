// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are the subject
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { type ComposeProject, type ComposeService, readComposeProject } from "../../src/doors/compose/mod.ts";

// The witness is Debian's docker-compose 1.29, which prints the canonical model without an engine. It is older than the Compose
// Specification's merge of today: no `!reset`, no `${NAME:+word}`, no nested variables. What it does know must come out the same here.
const witness = Bun.which("docker-compose");
const environment = { SET: "value", EMPTY: "", PORT: "8088", HOME: "/root" };

interface Project {
  readonly texts: readonly string[];
  readonly dotenv?: string;
}

function ours({ texts, dotenv }: Project): ComposeProject {
  return readComposeProject({
    files: texts.map((text, index) => ({ path: `${index}.yaml`, text })),
    directory: "/srv/peer",
    environment,
    ...(dotenv !== undefined && { dotenvs: [{ path: ".env", text: dotenv }] }),
    readText: () => undefined,
  });
}

/** What docker-compose makes of it; a text is its complaint. */
function theirs({ texts, dotenv }: Project): unknown {
  const directory = mkdtempSync(join(tmpdir(), "weft-compose-"));
  try {
    const flags = texts.flatMap((text, index) => {
      writeFileSync(join(directory, `${index}.yaml`), text);
      return ["-f", `${index}.yaml`];
    });
    if (dotenv !== undefined) writeFileSync(join(directory, ".env"), dotenv);
    const { stdout, stderr, exitCode } = Bun.spawnSync([witness ?? "", ...flags, "config"], {
      cwd: directory,
      env: { ...environment, PATH: process.env["PATH"] ?? "" },
    });
    return exitCode === 0 ? parse(stdout.toString()) : stderr.toString();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One port as `ADDRESS PUBLISHED TARGET PROTOCOL`, ranges one by one, as the witness prints them. */
function ourPorts(service: ComposeService): readonly string[] {
  return service.ports.flatMap(({ protocol, hostAddress = "", hostPorts, sandboxPorts }) => {
    const size = sandboxPorts.last - sandboxPorts.first + 1;
    const wide = hostPorts !== undefined && hostPorts.last - hostPorts.first + 1 !== size;
    return Array.from({ length: size }, (_, offset) => {
      const published =
        hostPorts === undefined ? "" : wide ? `${hostPorts.first}-${hostPorts.last}` : `${hostPorts.first + offset}`;
      return [hostAddress, published, sandboxPorts.first + offset, protocol].join(" ");
    });
  });
}

function theirPort(port: unknown): string {
  if (typeof port === "string") {
    const [, address = "", published = "", target = "", protocol = "tcp"] =
      /^(?:(.*):)?([^:]*):(\d+)(?:\/(\w+))?$/.exec(port) ?? [];
    return [address.replace(/^\[|\]$/g, ""), published, target, protocol].join(" ");
  }
  const read = (key: string, otherwise = ""): string => String(Object(port)[key] ?? otherwise);
  return [read("host_ip"), read("published"), read("target"), read("protocol", "tcp")].join(" ");
}

/** The part of a service that both print, in one shape. */
function ourService(service: ComposeService): unknown {
  const attachments = service.networking.kind === "networks" ? service.networking.attachments : [];
  return {
    environment: service.environment,
    labels: service.labels,
    ports: [...ourPorts(service)].sort(),
    networks: Object.fromEntries(
      attachments.map(({ network, aliases, ipv4, ipv6 }) => [
        network,
        { aliases: aliases.filter((alias) => alias !== service.name).sort(), ipv4: ipv4 ?? "", ipv6: ipv6 ?? "" },
      ]),
    ),
    dns: service.resolver.servers,
    hosts: service.extraHosts.map(({ name, address }) => `${name} ${address}`).sort(),
    dependencies: Object.fromEntries(service.dependencies.map(({ service: name, condition }) => [name, condition])),
    interval: service.healthcheck === undefined ? 0 : service.healthcheck.intervalMs,
  };
}

function theirService(service: Record<string, unknown>): unknown {
  const map = (value: unknown): readonly (readonly [string, unknown])[] => Object.entries(Object(value));
  const interval = /^(\d+)s$/.exec(String(Object(service["healthcheck"])["interval"] ?? "0s"))?.[1];
  return {
    // A name without a value comes from the environment when the process starts; the witness leaves that for later.
    environment: Object.fromEntries(
      Object.entries(Object(service["environment"])).flatMap(([name, value]) => {
        const given = value ?? new Map(Object.entries(environment)).get(name);
        return given === undefined ? [] : [[name, String(given)]];
      }),
    ),
    labels: Object.fromEntries(map(service["labels"]).map(([key, value]) => [key, String(value ?? "")])),
    ports: list(service["ports"]).map(theirPort).sort(),
    networks: Object.fromEntries(
      (service["networks"] === undefined ? [["default", {}] as const] : map(service["networks"])).map(
        ([key, value]) => [
          key,
          {
            aliases: list(Object(value)["aliases"]).map(String).sort(),
            ipv4: Object(value)["ipv4_address"] ?? "",
            ipv6: Object(value)["ipv6_address"] ?? "",
          },
        ],
      ),
    ),
    dns: list(service["dns"]),
    hosts: [...pairs(service["extra_hosts"])].sort(),
    dependencies: Object.fromEntries(
      map(service["depends_on"]).map(([name, value]) => [name, Object(value)["condition"]]),
    ),
    interval: Number(interval) * 1000,
  };
}

/** `a:1` of a list, `a: 1` of a mapping. */
function pairs(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => String(item).replace(/[:=]/, " "));
  return Object.entries(Object(value)).map(([key, item]) => `${key} ${item}`);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function compare(project: Project): void {
  const found = theirs(project);
  expect(typeof found === "string" ? found : "").toBe("");
  const services: Record<string, Record<string, unknown>> = Object(found)["services"];
  const mine = ours(project);
  expect(Object.fromEntries(mine.services.map((service) => [service.name, ourService(service)]))).toEqual(
    Object.fromEntries(Object.entries(services).map(([name, service]) => [name, theirService(service)])),
  );
}

describe.if(witness !== null)("docker-compose config agrees on", () => {
  test.each<[string, readonly string[]]>([
    [
      "environments",
      [
        "services: {web: {image: x, command: c, environment: [A=1, B, HOME, SET=]}, api: {image: x, command: c, environment: {A: 1, B: , HOME: , C: 'x=y', D: ''}}}",
      ],
    ],
    [
      "ports",
      [
        `services: {web: {image: x, command: c, ports: [80, "81", "82:83", "84:85/udp", "127.0.0.1:86:87", "127.0.0.1::88", "89-91:92-94", "95-97", "127.0.0.1:98-99:100-101/udp", "[::1]:102:103", {target: 104, published: 105, protocol: udp, mode: host}, "6060:6060/udp", "8000-8010:106"]}}`,
      ],
    ],
    [
      "networks",
      [
        `services: {web: {image: x, command: c, networks: [a, default]}, api: {image: x, command: c, networks: {a: {aliases: [b, c], ipv4_address: 10.0.0.4, ipv6_address: 'fd00::4'}, default: }}, db: {image: x, command: c}}
networks: {a: {ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 'fd00::/64'}]}}}`,
      ],
    ],
    [
      "the rest of networking",
      [
        `services:
  web: {image: x, command: c, dns: 1.1.1.1, extra_hosts: ["a:10.0.0.1", "b:10.0.0.2"], depends_on: [api], labels: [a=b, c], healthcheck: {test: x, interval: 1m30s}}
  api: {image: x, command: c, dns: [1.1.1.1, 8.8.8.8], extra_hosts: {a: 10.0.0.1}, labels: {a: b, c: 1}, healthcheck: {test: x, interval: 30s}, depends_on: {db: {condition: service_healthy}}}
  db: {image: x, command: c, healthcheck: {test: x, interval: 5s}}`,
      ],
    ],
    [
      "anchors and merge keys",
      [
        `x-env: &env {A: 1, B: 2}
x-base: &base {image: x, command: c, labels: [l=1]}
services: {web: {<<: *base, environment: {<<: *env, B: 3}}, api: {<<: [{labels: [l=2]}, *base], environment: *env}}`,
      ],
    ],
    [
      "files merged",
      [
        `services:
  web: {image: x, command: c, environment: [A=1, B=2], ports: ["80:80", "81:81"], labels: {a: 1}, networks: [n], dns: 1.1.1.1, depends_on: [api], extra_hosts: ["a:10.0.0.1"]}
  api: {image: x, command: c}
networks: {n: }`,
        `services:
  web: {environment: {B: 3, C: 4}, ports: ["81:81", "82:82"], labels: [a=2, b=3], networks: {n: {aliases: [w]}, default: }, dns: [8.8.8.8], depends_on: [db], extra_hosts: {b: 10.0.0.2}}
  db: {image: x, command: c}`,
        "services: {web: {environment: [A=9], labels: {c: }}, db: {ports: [90]}}",
      ],
    ],
  ])("%s", (_, texts) => {
    compare({ texts });
  });

  test("variables, of .env too", () => {
    const templates = [
      "$SET",
      "${SET}",
      "$$SET",
      "a$$$$b",
      "${EMPTY:-d}",
      "${EMPTY-d}",
      "${NONE:-d}",
      "${NONE-d e:f}",
      "${SET:?x}",
      "${EMPTY?x}",
      "${FILE}-${BOTH}",
      "x${NONE:-}y",
      "$SET$SET",
    ];
    const environments = templates.map((template, index) => `T${index}: ${JSON.stringify(template)}`);
    const text = `services: {web: {image: x, command: c, ports: ["$PORT:80"], environment: {${environments.join(", ")}}}}`;
    // The witness prints a dollar as two, so that its output can be read again.
    const undoubled = (service: Record<string, unknown>): unknown =>
      Object.fromEntries(
        Object.entries(Object(service["environment"])).map(([key, value]) => [
          key,
          String(value).replaceAll("$$", "$"),
        ]),
      );
    const project = { texts: [text], dotenv: "# comment\nFILE=of file\nBOTH=file\nSET=not this\n\nBOTH='quoted'\n" };
    const found = theirs(project);
    expect(typeof found === "string" ? found : "").toBe("");
    expect<unknown>(ours(project).services[0]?.environment).toEqual(undoubled(Object(found)["services"]["web"]));
  });

  test.each([
    ["an unknown dependency", "services: {web: {image: x, command: c, depends_on: [n]}}", "no service"],
    [
      "a cycle",
      "services: {a: {image: x, command: c, depends_on: [b]}, b: {image: x, command: c, depends_on: [a]}}",
      "wait for one another",
    ],
    ["an unknown key", "services: {a: {image: x, command: c, prots: []}}", "unknown key"],
    ["a malformed variable", "services: {a: {image: x, command: '$5'}}", "cannot fill in"],
    ["a required variable", "services: {a: {image: x, command: '${NONE:?say it}'}}", "say it"],
    ["a malformed port", "services: {a: {image: x, command: c, ports: ['80:x']}}", "cannot parse port"],
    [
      "port ranges of two lengths",
      "services: {a: {image: x, command: c, ports: ['80-82:80-81']}}",
      "want 2 host ports",
    ],
    [
      "a malformed duration",
      "services: {a: {image: x, command: c, healthcheck: {test: x, interval: soon}}}",
      "cannot parse duration",
    ],
    ["malformed YAML", "services: {a: [", "malformed YAML"],
  ])("refusing %s", (_, text, sentence) => {
    expect(theirs({ texts: [text] })).toBeString();
    expect(() => ours({ texts: [text] })).toThrow(sentence);
  });
});

describe.if(Bun.which("python3") !== null)("Python's shlex agrees on", () => {
  test("commands as words", () => {
    const commands = [
      "a b  c",
      `sh -c 'echo "x y"' --name="a b"c`,
      `"a\\"b" 'a\\b' "a\\b" a\\ b ''`,
      "a && b | c > d; e",
      "a # b",
      "x='1 2' y=\"3\\\\4\" \\'",
      "tab\tand\nnewline",
    ];
    const script = "import json,shlex,sys; print(json.dumps([shlex.split(c) for c in json.load(sys.stdin)]))";
    const { stdout } = Bun.spawnSync(["python3", "-c", script], { stdin: Buffer.from(JSON.stringify(commands)) });
    const words = commands.map(
      (command) => ours({ texts: [`services: {web: {command: ${JSON.stringify(command)}}}`] }).services[0]?.command,
    );
    expect<unknown>(words).toEqual(JSON.parse(stdout.toString()));
  });
});
