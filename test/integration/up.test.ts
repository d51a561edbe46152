import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { randomProject, randomSequence } from "../../src/doors/compose/testing/mod.ts";
import {
  type CommandResult,
  createProject,
  isAlive,
  type ProjectPlace,
  privileged,
  request,
  run,
  waitFor,
  weftCommand,
  weftWith,
  witness,
} from "../support/mod.ts";

let place: ProjectPlace;
beforeAll(async () => {
  if (privileged) place = await createProject({ label: "up" });
});
afterAll(async () => {
  if (privileged) await place[Symbol.asyncDispose]();
});
/** Every test begins on a host where nothing is up. */
beforeEach(async () => {
  if (!privileged) return;
  for (const { name } of await place.sandboxes()) await place.done(`rm -f ${name}`);
  for (const { name } of await place.networks()) {
    if (!["bridge", "host", "none"].includes(name)) await place.done(`network rm ${name}`);
  }
});

const compose = (text: string): Promise<void> => place.write("compose.yaml", text);

/** Long-lived, and ends at once when asked to. */
const SLEEP = "sleep infinity";

const BASE = `
name: shop
services:
  web:
    command: busybox httpd -f -p 80 -h ${"."}
    networks: {front: {aliases: [www]}}
    ports: ["8080:80"]
    depends_on: [api]
  api:
    command: ${SLEEP}
    networks: {front: , back: {ipv4_address: 10.72.0.9}}
networks:
  front: {ipam: {config: [{subnet: 10.71.0.0/24}]}}
  back: {internal: true, ipam: {config: [{subnet: 10.72.0.0/24}]}}
`;

async function pidOf(name: string): Promise<number> {
  const { pid } = (await place.sandbox(name)).status;
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

/** Names of what is there, without the networks that always are. */
async function known(): Promise<readonly string[]> {
  const networks = (await place.networks()).map(({ name }): string => name);
  const sandboxes = (await place.sandboxes()).map(({ name }): string => name);
  return [...networks.filter((name) => !["bridge", "host", "none"].includes(name)), ...sandboxes].sort();
}

describe.if(privileged)("weft up", () => {
  test("brings up what the file says, and a second time changes nothing", async () => {
    const empty = await place.look();
    await compose(BASE);
    await place.write("index.html", "the shop\n");
    await place.done("up");
    expect(await known()).toEqual(["shop-api-1", "shop-web-1", "shop_back", "shop_front"]);
    expect(
      await run(place.host, "curl -sS --max-time 5 --retry 5 --retry-connrefused http://127.0.0.1:8080/"),
    ).toMatchObject({
      stdout: "the shop\n",
    });
    const before = { host: await place.look(), sandboxes: await place.sandboxes() };
    const inside = await witness(await place.sandbox("shop-api-1"), "ip -j addr");

    const { exitCode, stderr } = await place.weft("up");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "shop is up as the files say: nothing changed\n" });
    expect({ host: await place.look(), sandboxes: await place.sandboxes() }).toEqual(before);
    expect(await witness(await place.sandbox("shop-api-1"), "ip -j addr")).toEqual(inside);

    await place.done("down");
    expect(await known()).toEqual([]);
    expect(await place.look()).toEqual(empty);
  });

  test("puts services on the LAN of a parent, and a second time changes nothing", async () => {
    await run(place.host, "ip link add lan0 type veth peer name lan1");
    for (const end of ["lan0", "lan1"]) await run(place.host, `ip link set ${end} up`);
    await run(place.host, "ip addr add 10.73.0.1/24 dev lan1");
    await compose(`
name: lan
services:
  web: {command: ${SLEEP}, networks: [lan]}
networks:
  lan:
    driver: macvlan
    driver_opts: {parent: lan0, weft.host_link: lan-host}
    ipam: {config: [{subnet: 10.73.0.0/24, ip_range: 10.73.0.128/25}]}
`);
    await place.done("up");
    const web = await place.sandbox("lan-web-1");
    expect(web.endpoints[0]?.addresses.map(String)).toEqual(["10.73.0.129/24"]);
    expect(await witness({ netnsPath: web.netnsPath }, "ip -j -d link show dev eth0")).toMatchObject([
      { linkinfo: { info_kind: "macvlan", info_data: { mode: "bridge" } } },
    ]);
    expect((await place.weft("up")).stderr).toBe("lan is up as the files say: nothing changed\n");
    await place.done("down");
    expect((await run(place.host, "ip link show lan-host")).exitCode).not.toBe(0);
    await run(place.host, "ip link del lan0");
  });

  test("changes only what the file changes", async () => {
    await compose(BASE);
    await place.done("up");
    const [web, api] = [await pidOf("shop-web-1"), await pidOf("shop-api-1")];
    await compose(BASE.replace(SLEEP, "sleep 1000"));
    await place.done("up");
    expect(await pidOf("shop-web-1")).toBe(web);
    expect(await pidOf("shop-api-1")).not.toBe(api);
    expect(isAlive(api)).toBe(false);
  });

  test("puts a running service on other networks, and its process goes on", async () => {
    await compose(BASE);
    await place.done("up");
    const api = await pidOf("shop-api-1");
    const sandbox = await place.sandbox("shop-api-1");
    await compose(
      BASE.replace(
        "networks: {front: , back: {ipv4_address: 10.72.0.9}}",
        "networks: {back: {ipv4_address: 10.72.0.77}, third: }",
      ).replace(
        "networks:\n  front: {ipam",
        "networks:\n  third: {ipam: {config: [{subnet: 10.73.0.0/24}]}}\n  front: {ipam",
      ),
    );
    expect(await place.done("up --dry-run")).toBe(
      [
        "disconnect shop-api-1 from shop_front: the files do not name it",
        "disconnect shop-api-1 from shop_back: IPv4 address was 10.72.0.9, want 10.72.0.77",
        "create network shop_third",
        "connect shop-api-1 to shop_back",
        "connect shop-api-1 to shop_third",
        "",
      ].join("\n"),
    );
    await place.done("up");
    expect(await pidOf("shop-api-1")).toBe(api);
    const links = (await witness(sandbox, "ip -j -4 addr")) as readonly {
      readonly addr_info: readonly { readonly local: string }[];
    }[];
    expect(links.flatMap(({ addr_info }) => addr_info.map(({ local }) => local)).sort()).toEqual([
      "10.72.0.77",
      "10.73.0.2",
      "127.0.0.1",
    ]);
  });

  test("makes a network anew under a process that goes on", async () => {
    await compose(BASE);
    await place.done("up");
    const pids = [await pidOf("shop-web-1"), await pidOf("shop-api-1")];
    await compose(BASE.replace("10.71.0.0/24", "10.74.0.0/24"));
    await place.done("up");
    expect([await pidOf("shop-web-1"), await pidOf("shop-api-1")]).toEqual(pids);
    expect(
      await run(place.host, "curl -sS --max-time 5 -o /dev/null -w %{http_code} http://127.0.0.1:8080/"),
    ).toMatchObject({
      stdout: expect.stringMatching(/^(200|404)$/),
    });
    expect(JSON.stringify(await witness(await place.sandbox("shop-web-1"), "ip -j addr show eth0"))).toContain(
      "10.74.0.",
    );
  });

  test("only tells with --dry-run", async () => {
    await compose(BASE);
    const before = await place.look();
    const plan: unknown = JSON.parse(await place.done("up --dry-run --json"));
    expect(plan).toEqual({
      project: "shop",
      steps: [
        { step: "create-network", network: "shop_front", because: [], after: [] },
        { step: "create-network", network: "shop_back", because: [], after: [] },
        { step: "create-sandbox", sandbox: "shop-api-1", service: "api", because: [], after: [0, 1] },
        { step: "create-sandbox", sandbox: "shop-web-1", service: "web", because: [], after: [0, 2] },
      ],
      warnings: [],
    });
    expect(await place.look()).toEqual(before);
    expect(await known()).toEqual([]);
  });

  test("tells programs what came of it", async () => {
    await compose(BASE);
    expect(JSON.parse(await place.done("up --json"))).toMatchObject({
      project: "shop",
      networks: [
        { key: "front", name: "shop_front", external: false, subnets: ["10.71.0.0/24"] },
        { key: "back", name: "shop_back", external: false, subnets: ["10.72.0.0/24"] },
      ],
      services: [
        { service: "api", sandbox: "shop-api-1", state: "running", addresses: { shop_back: ["10.72.0.9/24"] } },
        { service: "web", sandbox: "shop-web-1", state: "running", ports: ["8080:80/tcp"] },
      ],
      changes: ["create network shop_front", "create network shop_back", "create shop-api-1", "create shop-web-1"],
    });
  });
});

test.if(privileged)("weft up follows a file through any changes, and weft down leaves nothing", async () => {
  const empty = await place.look();
  for (const seed of [3, 5, 8, 13, 21, 34]) {
    const pick = randomSequence(seed);
    for (let edit = 0; edit < 3; edit++) {
      const file = `name: random\n${randomProject(pick)}`;
      await compose(file);
      await place.done("up --remove-orphans --timeout 1").catch((error: unknown) => {
        throw new Error(`seed ${seed}, edit ${edit}: ${error}\n${file}`);
      });
      expect({ seed, edit, file, plan: await place.done("up --dry-run --remove-orphans") }).toEqual({
        ...{ seed, edit, file },
        plan: "",
      });
    }
    await place.done("down");
    expect({ seed, known: await known() }).toEqual({ seed, known: [] });
    expect({ seed, ...(await place.look()) }).toEqual({ seed, ...empty });
  }
});

describe.if(privileged)("weft down", () => {
  test("leaves nothing, also when the file has changed since, or is gone", async () => {
    const empty = await place.look();
    await compose(BASE);
    await place.done("up");
    const pids = [await pidOf("shop-web-1"), await pidOf("shop-api-1")];
    await compose("name: shop\nservices: {other: {command: this file is of another day, prots: 1}}");
    expect(await place.done("down --dry-run")).toBe(
      ["remove shop-web-1", "remove shop-api-1", "remove network shop_front", "remove network shop_back", ""].join(
        "\n",
      ),
    );
    await place.done("down");
    expect(await known()).toEqual([]);
    expect(await place.look()).toEqual(empty);
    expect(pids.map(isAlive)).toEqual([false, false]);

    await compose(BASE);
    await place.done("up");
    await place.done("down -p shop");
    expect(await known()).toEqual([]);
    expect(await place.weft("down")).toMatchObject({ exitCode: 0, stderr: "shop is not up: nothing to take down\n" });
  });

  test("does not touch external networks, other projects and what others made", async () => {
    await place.done("network create shared");
    await place.done("run -d --name mine --network shared -- sleep infinity");
    await compose(
      "name: one\nservices: {a: {command: sleep infinity, networks: [shared]}}\nnetworks: {shared: {external: true}}",
    );
    await place.done("up");
    await place.done("up -p two");
    await place.done("down");
    expect(await known()).toEqual(["mine", "shared", "two-a-1"]);
  });

  test("says what it cannot remove, after everything else is gone", async () => {
    await compose(BASE);
    await place.done("up");
    await place.done("run -d --name guest --network shop_front -- sleep infinity");
    const { exitCode, stderr } = await place.weft("down");
    expect(exitCode).toBe(5);
    expect(stderr).toContain("guest");
    expect(await known()).toEqual(["guest", "shop_front"]);
  });
});

describe.if(privileged)("a project that cannot come up", () => {
  test("is taken back, with the service, the reason and its last lines", async () => {
    const empty = await place.look();
    await compose(`
name: sick
services:
  db:
    command: [sh, -c, "echo first; echo second; exec sleep infinity"]
    healthcheck: {test: "exit 1", interval: 100ms, retries: 2}
  web: {command: ${SLEEP}, depends_on: {db: {condition: service_healthy}}}
`);
    const { exitCode, stderr } = await place.weft("up");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("weft: Cannot bring up service db: it is unhealthy; its last lines:\n  first\n  second\n");
    expect(await known()).toEqual([]);
    expect(await place.look()).toEqual(empty);
  });

  test("is left for inspection with --keep", async () => {
    await compose(`
name: sick
services:
  db: {command: [sh, -c, "echo dying; exit 7"]}
  web: {command: ${SLEEP}, depends_on: {db: {condition: service_completed_successfully}}}
`);
    const { exitCode, stderr } = await place.weft("up --keep");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Cannot bring up service db: it ended with exit code 7; its last lines:\n  dying\n");
    expect(await known()).toEqual(["sick-db-1", "sick_default"]);
  });

  test("is as it was before when a changed service does not start", async () => {
    await compose(BASE);
    await place.done("up");
    const before = await place.sandboxes();
    await compose(BASE.replace(SLEEP, "no-such-program").replace("busybox httpd", "busybox httpd -v"));
    const { exitCode, stderr } = await place.weft("up");
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/Cannot bring up shop: service api: cannot start .*no-such-program/);
    const after = await place.sandboxes();
    const gist = (views: typeof before) =>
      views
        .map(({ name, process, endpoints, ports, status }) => ({
          ...{ name, command: process?.command, ports, state: status.state },
          endpoints: endpoints.map(({ networkName, addresses, interfaceName, mac }) => ({
            networkName,
            addresses,
            interfaceName,
            mac,
          })),
        }))
        .sort((a, b) => a.name.localeCompare(b.name));
    expect(gist(after)).toEqual(gist(before));
  });

  test("Ctrl-C takes back what was made", async () => {
    const empty = await place.look();
    await compose(`
name: slow
services:
  db: {command: ${SLEEP}, healthcheck: {test: "exit 1", interval: 1h}}
  web: {command: ${SLEEP}, depends_on: {db: {condition: service_healthy}}}
`);
    const interrupt = `"$@" & child=$!; until grep -q waiting "$LOG"; do sleep 0.05; done; kill -INT $child; wait $child`;
    const file = `${place.directory}/compose.yaml`;
    const log = `${place.directory}/up.log`;
    await Bun.write(log, "");
    const result = await run(
      place.host,
      ["sh", "-c", `set -m; LOG=${log}; exec 2>>"$LOG"; ${interrupt}`, "sh", ...weftCommand(), "up", "-f", file],
      { environment: { WEFT_SOCKET: place.daemon.socket } },
    );
    expect(result.exitCode).toBe(130);
    expect(await Bun.file(log).text()).toContain("weft: interrupted: everything is as it was before");
    expect(await known()).toEqual([]);
    expect(await place.look()).toEqual(empty);
  });

  test("is taken back by the next daemon when the first is killed meanwhile", async () => {
    await using own = await createProject({ label: "up-killed" });
    const { daemon, host } = own;
    await own.write(
      "compose.yaml",
      `
name: slow
services:
  db: {command: ${SLEEP}, healthcheck: {test: "exit 1", interval: 1h}}
  web: {command: ${SLEEP}, depends_on: {db: {condition: service_healthy}}}
`,
    );
    const up = own.weft("up", { environment: { WEFT_RUN: daemon.runDirectory } });
    await waitFor(async () => (await own.sandboxes())[0]?.status.state === "running", { what: "db" });
    await daemon.kill();
    const { exitCode, stderr } = await up;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: expect.stringMatching(
        /weft: Cannot bring up slow: service db: .*the daemon (at .* went away|that owned .* is gone, .*)\n$/,
      ),
    });
    expect(await own.sandboxes()).toEqual([]);
    expect((await own.networks()).map(({ name }): string => name).sort()).toEqual(["host", "none"]);
    // The one that weft started is nobody's child.
    const { pid } = (await request(daemon, "GET", "/info")) as { readonly pid: number };
    process.kill(pid, "SIGTERM");
    await waitFor(() => !isAlive(pid), { what: "the end of the second daemon" });
    expect(await run(host, "nft list tables")).toMatchObject({ stdout: "" });
  });

  test("for want of an external network, with the place in the file", async () => {
    await compose(
      "name: lost\nservices: {a: {command: sleep 1, networks: [n]}}\nnetworks:\n  n: {external: true, name: far}\n",
    );
    const { exitCode, stderr } = await place.weft("up");
    expect(exitCode).toBe(4);
    expect(stderr).toBe(
      `weft: Cannot use external network far of ${place.directory}/compose.yaml:4:3 (networks.n): there is none, want it made first: weft network create far\n`,
    );
    expect(await known()).toEqual([]);
  });

  test("for a mistake in the file, with line and column", async () => {
    await compose("services:\n  a: {comand: x}\n");
    const { exitCode, stderr } = await place.weft("up");
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `weft: Cannot read ${place.directory}/compose.yaml:2:7: services.a.comand: unknown key "comand": did you mean "command"?\n`,
    );
  });

  test("for a port that another program has", async () => {
    await using _server = Bun.spawn([
      "nsenter",
      `--net=${place.host.netnsPath}`,
      "socat",
      "TCP-LISTEN:8080,fork",
      "SYSTEM:true",
    ]);
    await waitFor(async () => (await run(place.host, "ss -Hlnt")).stdout.includes(":8080"), { what: "a listener" });
    await compose(BASE);
    const { exitCode, stderr } = await place.weft("up");
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/Cannot bring up shop: service web: cannot publish port 8080\/tcp: .*socat/);
    expect(await known()).toEqual([]);
  });
});

describe.if(privileged)("services", () => {
  test("start in the order that their conditions say", async () => {
    await compose(`
name: order
x-say: &say
  environment: {FILE: ${place.directory}/order.log}
services:
  web:
    <<: *say
    command: [sh, -c, 'echo web >> "$$FILE"; exec ${SLEEP}']
    depends_on: {api: {condition: service_healthy}, seed: {condition: service_completed_successfully}}
  api:
    <<: *say
    command: [sh, -c, 'sleep 0.3; echo api >> "$$FILE"; exec ${SLEEP}']
    healthcheck: {test: 'grep -q api "$$FILE"', interval: 50ms, retries: 200}
  seed:
    <<: *say
    command: [sh, -c, 'sleep 0.6; echo seed >> "$$FILE"']
`);
    await place.write("order.log", "");
    await place.done("up --wait");
    await waitFor(async () => (await Bun.file(`${place.directory}/order.log`).text()).includes("web"), { what: "web" });
    expect(await Bun.file(`${place.directory}/order.log`).text()).toBe("api\nseed\nweb\n");
    // A job that is done stays done.
    expect(await place.weft("up --wait")).toMatchObject({
      exitCode: 0,
      stderr: "order is up as the files say: nothing changed\n",
    });
  });

  test("of profiles come when asked for, and stay when not", async () => {
    await compose(`
name: profiled
services:
  web: {command: ${SLEEP}}
  debug: {command: ${SLEEP}, profiles: [dev]}
`);
    await place.done("up");
    expect(await known()).toEqual(["profiled-web-1", "profiled_default"]);
    await place.done("up --profile dev");
    expect(await known()).toEqual(["profiled-debug-1", "profiled-web-1", "profiled_default"]);
    expect(await place.done("up --dry-run --remove-orphans")).toBe("");
    await place.done("down");
    await place.done("up", { environment: { COMPOSE_PROFILES: "dev" } });
    expect(await known()).toContain("profiled-debug-1");
    await place.done("down");
    await place.done("up debug");
    expect(await known()).toEqual(["profiled-debug-1", "profiled_default"]);
  });

  test("that no file has any more are warned of, and go with --remove-orphans", async () => {
    await compose(`name: fewer\nservices: {a: {command: ${SLEEP}}, b: {command: ${SLEEP}}}`);
    await place.done("up");
    await compose(`name: fewer\nservices: {a: {command: ${SLEEP}}}`);
    const { stderr } = await place.weft("up");
    expect(stderr).toContain(
      "weft: warning: sandbox fewer-b-1 of service b is in no file any more: --remove-orphans removes it\n",
    );
    expect(await known()).toContain("fewer-b-1");
    await place.done("up --remove-orphans");
    expect(await known()).toEqual(["fewer-a-1", "fewer_default"]);
  });

  test("come from several files merged", async () => {
    await compose(
      `name: merged\nservices: {web: {command: ${SLEEP}, environment: {A: "1", B: "1"}, ports: ["8081:80"]}}`,
    );
    await place.write("over.yaml", `services: {web: {environment: {B: "2"}}, more: {command: ${SLEEP}}}`);
    const files = `-f ${place.directory}/compose.yaml -f ${place.directory}/over.yaml`;
    await place.done(`up ${files}`);
    expect(await known()).toEqual(["merged-more-1", "merged-web-1", "merged_default"]);
    expect(
      await run(place.host, [
        "sh",
        "-c",
        `tr '\\0' '\\n' < /proc/${await pidOf("merged-web-1")}/environ | grep -E '^[AB]='`,
      ]),
    ).toMatchObject({
      stdout: "A=1\nB=2\n",
    });
  });

  test("have their environment, their env_file, their directory and their .env", async () => {
    await place.write("vars.env", "FROM_FILE=file\nBOTH=file\n");
    await place.write(".env", "WHAT=interpolated\n");
    await place.write("sub/marker", "");
    await compose(`
name: surroundings
services:
  web:
    command: [sh, -c, 'env; pwd; ls']
    working_dir: sub
    env_file: vars.env
    environment: {BOTH: own, MORE: "\${WHAT}"}
`);
    await place.done("up");
    await waitFor(async () => (await place.sandbox("surroundings-web-1")).status.state === "exited", {
      what: "its end",
    });
    const lines = (await place.done("logs surroundings-web-1")).split("\n");
    for (const line of ["FROM_FILE=file", "BOTH=own", "MORE=interpolated", `${place.directory}/sub`, "marker"]) {
      expect(lines).toContain(line);
    }
    expect(lines.filter((line) => line.startsWith("WEFT_") || line.startsWith("WHAT="))).toEqual([]);
    await Bun.file(`${place.directory}/.env`).delete();
  });
});

describe.if(privileged)("a project of the directory that weft is called in", () => {
  test("is found from below, with its PATH for commands and healthchecks", async () => {
    await place.write("bin/only-here", '#!/bin/sh\ntest "$1" = check || exec sleep infinity\n');
    await run(place.host, `chmod +x ${place.directory}/bin/only-here`);
    await place.write("deep/down/file", "");
    await compose(`
name: found
services:
  web:
    command: only-here
    environment: {PATH: "${place.directory}/bin:/usr/bin:/bin"}
    healthcheck: {test: [CMD, only-here, check], interval: 50ms}
`);
    const from = (command: string): Promise<CommandResult> =>
      run(place.host, ["sh", "-c", `cd ${place.directory}/deep/down && exec "$@"`, "sh", ...weftCommand(), command], {
        environment: { WEFT_SOCKET: place.daemon.socket },
      });
    expect(await from("up")).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(await place.done("up --wait --json"))).toMatchObject({
      services: [{ service: "web", state: "running", health: "healthy" }],
    });
    expect(await from("down")).toMatchObject({ exitCode: 0 });
    expect(await known()).toEqual([]);
  });
});

describe.if(privileged)("networking as the file has it", () => {
  test("addresses, MAC, interface names, gateway priority, aliases", async () => {
    await compose(`
name: exact
services:
  web:
    command: ${SLEEP}
    networks:
      front: {ipv4_address: 10.75.0.40, ipv6_address: "fd00:75::40", mac_address: "02:75:00:00:00:40", interface_name: outer0, aliases: [www]}
      back: {ipv4_address: 10.76.0.40, interface_name: inner0, gw_priority: 10}
  other: {command: ${SLEEP}, networks: [front]}
networks:
  front: {enable_ipv6: true, ipam: {config: [{subnet: 10.75.0.0/24}, {subnet: "fd00:75::/64"}]}}
  back: {ipam: {config: [{subnet: 10.76.0.0/24, gateway: 10.76.0.254}]}}
`);
    await place.done("up");
    const web = await place.sandbox("exact-web-1");
    expect(await witness(web, "ip -j addr show outer0")).toMatchObject([
      {
        address: "02:75:00:00:00:40",
        addr_info: expect.arrayContaining([
          expect.objectContaining({ local: "10.75.0.40", prefixlen: 24 }),
          expect.objectContaining({ local: "fd00:75::40", prefixlen: 64 }),
        ]),
      },
    ]);
    expect(await witness(web, "ip -j -4 addr show inner0")).toMatchObject([{ addr_info: [{ local: "10.76.0.40" }] }]);
    expect(await witness(web, "ip -j route show default")).toMatchObject([{ gateway: "10.76.0.254", dev: "inner0" }]);
    const other = await place.sandbox("exact-other-1");
    expect(await witness(other, "dig +short @127.0.0.11 www A")).toBe("10.75.0.40");
    expect(await witness(other, "dig +short @127.0.0.11 web AAAA")).toBe("fd00:75::40");
    const { stdout } = await weftWith(place.daemon, ["exec", "exact-other-1", "getent", "ahostsv4", "www"], {});
    expect(stdout).toMatch(/^10\.75\.0\.40 /);
  });

  test("network_mode: service, host and none", async () => {
    await compose(`
name: modes
services:
  web: {command: busybox httpd -f -p 80 -h ., networks: [n]}
  side: {command: ${SLEEP}, network_mode: "service:web"}
  wide: {command: ${SLEEP}, network_mode: host}
  bare: {command: ${SLEEP}, network_mode: none}
networks: {n: }
`);
    await place.done("up");
    const netns = async (name: string): Promise<string> =>
      (await run(place.host, `readlink /proc/${await pidOf(name)}/ns/net`)).stdout;
    expect(await netns("modes-side-1")).toBe(await netns("modes-web-1"));
    expect(await netns("modes-wide-1")).toBe((await run(place.host, "readlink /proc/self/ns/net")).stdout);
    expect(await witness({ netnsPath: `/proc/${await pidOf("modes-bare-1")}/ns/net` }, "ip -j link")).toMatchObject([
      { ifname: "lo" },
    ]);
    expect(await place.weft("exec modes-side-1 curl -sS --max-time 5 -o /dev/null http://127.0.0.1/")).toMatchObject({
      exitCode: 0,
    });
    expect(await place.weft("up")).toMatchObject({ stderr: "modes is up as the files say: nothing changed\n" });
    await place.done("down");
    expect(await known()).toEqual([]);
  });

  test("the networks that are always there, by their names", async () => {
    await compose(`
name: standing
services:
  wide: {command: ${SLEEP}, networks: [outer]}
  plain: {command: ${SLEEP}, network_mode: bridge}
networks: {outer: {external: true, name: host}}
`);
    await place.done("up");
    const netns = await run(place.host, `readlink /proc/${await pidOf("standing-wide-1")}/ns/net`);
    expect(netns.stdout).toBe((await run(place.host, "readlink /proc/self/ns/net")).stdout);
    expect(await witness(await place.sandbox("standing-plain-1"), "ip -j route show default")).toMatchObject([
      { dev: "eth0" },
    ]);
    expect(await place.weft("up")).toMatchObject({ stderr: "standing is up as the files say: nothing changed\n" });
    await place.done("down");
    expect(await known()).toEqual([]);
    expect((await place.networks()).map(({ name }): string => name)).toContain("bridge");
    await place.done("network rm bridge");
  });

  test("published ports are reached from the host, by both families", async () => {
    await place.write("index.html", "published\n");
    await compose(`
name: ports
services:
  web:
    command: busybox httpd -f -p 80 -h .
    networks: [n]
    ports: ["8080-8081:80-81", "127.0.0.1:9090:80", {target: 80, published: "7070", host_ip: "::1"}]
  other: {command: busybox httpd -f -p 81 -h ., network_mode: "service:web"}
networks: {n: {enable_ipv6: true, ipam: {config: [{subnet: 10.77.0.0/24}, {subnet: "fd00:77::/64"}]}}}
`);
    await place.done("up");
    for (const url of ["127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:9090", "10.77.0.1:8080"]) {
      const curl = `curl -sS --max-time 5 --retry 5 --retry-connrefused http://${url}/`;
      expect({ url, ...(await run(place.host, curl)) }).toMatchObject({ url, stdout: "published\n" });
    }
    expect(await run(place.host, "curl -sS --max-time 2 http://10.77.0.1:9090/")).toMatchObject({ stdout: "" });
  });
});
