import { describe, expect, test } from "bun:test";

import { PlayedEngine, printed, readFixture, readText } from "../testing/mod.ts";

const BASE = `
services:
  web: {command: serve, networks: [front], ports: ["8080:80"], depends_on: [api], environment: {LEVEL: info}}
  api: {command: answer, networks: {front: , back: {ipv4_address: 10.2.0.9}}, healthcheck: {test: x}}
networks:
  front: {}
  back: {ipam: {config: [{subnet: 10.2.0.0/24}]}}
`;

/** BASE, with one text in the place of another that must be there. */
function changed(...pairs: readonly (readonly [was: string, is: string])[]): string {
  return pairs.reduce((text, [was, is]) => {
    if (!text.includes(was)) throw new Error(`Cannot change ${was}: the file has it not`);
    return text.replace(was, is);
  }, BASE);
}

test("on an empty engine everything is made, dependencies first", async () => {
  const plan = await new PlayedEngine().plan(BASE);
  expect(printed(plan)).toEqual([
    "create network shop_back", // it names its subnet, which must not be chosen for another
    "create network shop_front",
    "create shop-api-1",
    "create shop-web-1",
  ]);
  expect(plan.steps.map(({ after }) => after)).toEqual([[], [0], [0, 1], [1, 2]]);
});

test("what is up needs nothing", async () => {
  const engine = new PlayedEngine();
  await engine.up(BASE);
  expect(printed(await engine.plan(BASE))).toEqual([]);
  expect(printed(await engine.plan(BASE, { wait: true, removeOrphans: true }))).toEqual([]);
});

describe("only what the file changes is changed", () => {
  const cases: readonly { readonly name: string; readonly file: string; readonly steps: readonly string[] }[] = [
    {
      name: "a command",
      file: changed(["command: serve", "command: [serve, 'two words']"]),
      steps: ['remove shop-web-1: command was serve, want serve "two words"', "create shop-web-1"],
    },
    {
      name: "a variable, whose value nobody is to read",
      file: changed(["LEVEL: info", "LEVEL: secret, MORE: x"]),
      steps: ["remove shop-web-1: environment LEVEL differs; environment MORE is new", "create shop-web-1"],
    },
    {
      name: "a published port",
      file: changed(['"8080:80"', '"127.0.0.1:8081:80"']),
      steps: ["remove shop-web-1: port 127.0.0.1:8081:80/tcp is new; port 8080:80/tcp is gone", "create shop-web-1"],
    },
    { name: "a port that may be any", file: changed(['"8080:80"', "80"]), steps: [] },
    {
      name: "much at once",
      file: changed([
        "command: serve,",
        "command: serve, user: nobody, hostname: www, stop_signal: SIGINT, restart: always, dns: 10.0.0.1, extra_hosts: {x: 10.0.0.2}, labels: {a: b},",
      ]),
      steps: [
        "remove shop-web-1: host name was none, want www; name servers was none, want 10.0.0.1; " +
          "extra hosts was none, want {address: 10.0.0.2, name: x}; user was none, want nobody; stop signal was SIGTERM, want SIGINT; " +
          "restart policy was no, want always; label a was none, want b",
        "create shop-web-1",
      ],
    },
    {
      name: "a network more, while the process runs",
      file: changed(["command: serve, networks: [front]", "command: serve, networks: [front, back]"]),
      steps: ["connect shop-web-1 to shop_back"],
    },
    {
      name: "a network less",
      file: changed([
        "networks: {front: , back: {ipv4_address: 10.2.0.9}}",
        "networks: {back: {ipv4_address: 10.2.0.9}}",
      ]),
      steps: ["disconnect shop-api-1 from shop_front: the files do not name it"],
    },
    {
      name: "an address",
      file: changed(["10.2.0.9", "10.2.0.10"]),
      steps: [
        "disconnect shop-api-1 from shop_back: IPv4 address was 10.2.0.9, want 10.2.0.10",
        "connect shop-api-1 to shop_back",
      ],
    },
    { name: "an address that may be any", file: changed(["{ipv4_address: 10.2.0.9}", ""]), steps: [] },
    {
      name: "aliases and the rest of an attachment",
      file: changed([
        "{ipv4_address: 10.2.0.9}",
        "{aliases: [a], interface_name: data0, gw_priority: 5, mac_address: '02:00:00:00:00:07'}",
      ]),
      steps: [
        "disconnect shop-api-1 from shop_back: MAC address was 02:42:00:00:00:02, want 02:00:00:00:00:07; " +
          "interface name was eth1, want data0; aliases was api, want a api; gateway priority was 0, want 5",
        "connect shop-api-1 to shop_back",
      ],
    },
    {
      name: "a network's subnet: those on it are taken off, and go on running",
      file: changed(["10.2.0.0/24", "10.2.0.0/25"]),
      steps: [
        "disconnect shop-api-1 from shop_back: the network is made anew",
        "remove network shop_back: subnet 10.2.0.0/25 is new; subnet 10.2.0.0/24 is gone",
        "create network shop_back",
        "connect shop-api-1 to shop_back",
      ],
    },
    {
      name: "a network's flags, options and labels",
      file: changed([
        "front: {}",
        "front: {internal: true, labels: {a: b}, driver_opts: {com.docker.network.driver.mtu: 1400}}",
      ]),
      steps: [
        "disconnect shop-api-1 from shop_front: the network is made anew",
        "disconnect shop-web-1 from shop_front: the network is made anew",
        "remove network shop_front: option com.docker.network.driver.mtu was none, want 1400; internal was false, want true; label a was none, want b",
        "create network shop_front",
        "connect shop-api-1 to shop_front",
        "connect shop-web-1 to shop_front",
      ],
    },
    {
      name: "a network's name",
      file: changed(["front: {}", "front: {name: outside}"]),
      steps: [
        "disconnect shop-api-1 from shop_front: the network is made anew",
        "disconnect shop-web-1 from shop_front: the network is made anew",
        "remove network shop_front: name was shop_front, want outside",
        "create network outside",
        "connect shop-api-1 to outside",
        "connect shop-web-1 to outside",
      ],
    },
    {
      name: "a subnet that another network had until now",
      file: changed(
        ["back: {ipam: {config: [{subnet: 10.2.0.0/24}]}}", "back: {}"],
        ["front: {}", "front: {ipam: {config: [{subnet: 10.2.0.0/24}]}}"],
        ["back: {ipv4_address: 10.2.0.9}", "back: "],
      ),
      steps: [
        "disconnect shop-api-1 from shop_front: the network is made anew",
        "disconnect shop-api-1 from shop_back: the network is made anew",
        "disconnect shop-web-1 from shop_front: the network is made anew",
        "remove network shop_front: subnet 10.2.0.0/24 is new; subnet 172.17.0.0/24 is gone",
        "remove network shop_back: network shop_front wants its subnet 10.2.0.0/24",
        "create network shop_front",
        "create network shop_back",
        "connect shop-api-1 to shop_front",
        "connect shop-api-1 to shop_back",
        "connect shop-web-1 to shop_front",
      ],
    },
    {
      name: "a sandbox's name",
      file: changed(["command: serve,", "command: serve, container_name: www,"]),
      steps: ["remove shop-web-1: name was shop-web-1, want www", "create www"],
    },
    {
      name: "two names that change places: what goes, goes first",
      file: changed(
        ["command: serve,", "command: serve, container_name: shop-api-1,"],
        ["command: answer,", "command: answer, container_name: shop-web-1,"],
      ),
      steps: [
        "remove shop-web-1: name was shop-web-1, want shop-api-1",
        "remove shop-api-1: name was shop-api-1, want shop-web-1",
        "create shop-web-1",
        "create shop-api-1",
      ],
    },
    {
      name: "the host's namespace",
      file: changed(['command: serve, networks: [front], ports: ["8080:80"]', "command: serve, network_mode: host"]),
      steps: [
        "remove shop-web-1: namespace was {kind: own}, want {kind: host}; port 8080:80/tcp is gone",
        "create shop-web-1",
      ],
    },
    {
      name: "the order alone",
      file: changed(["depends_on: [api], ", ""]),
      steps: [],
    },
    {
      name: "a new service that waits for one that is healthy already",
      file: changed([
        "\nnetworks:",
        "\n  job: {command: x, network_mode: none, depends_on: {api: {condition: service_healthy}}}\nnetworks:",
      ]),
      steps: ["create shop-job-1"],
    },
  ];
  test.each(cases)("$name", async ({ file, steps }) => {
    const engine = new PlayedEngine();
    await engine.up(BASE);
    engine.engine.calls.length = 0;
    expect(printed(await engine.plan(file))).toEqual(steps);
    await engine.up(file);
    expect(printed(await engine.plan(file))).toEqual([]);
    expect(engine.engine.calls.length > 0).toBe(steps.length > 0);
  });
});

describe("left over", () => {
  const fewer = `services: {web: {command: serve, networks: [front], ports: ["8080:80"], environment: {LEVEL: info}}}
networks: {front: {}}`;

  test("is warned of, and stays", async () => {
    const engine = new PlayedEngine();
    await engine.up(BASE);
    expect(printed(await engine.plan(fewer))).toEqual([
      "! sandbox shop-api-1 of service api is in no file any more: --remove-orphans removes it",
      "! network shop_back is in no file any more: shop-api-1 on it",
    ]);
  });

  test("goes when asked for", async () => {
    const engine = new PlayedEngine();
    await engine.up(BASE);
    expect(printed(await engine.plan(fewer, { removeOrphans: true }))).toEqual([
      "remove shop-api-1: service api is in no file any more",
      "remove network shop_back: it is in no file any more",
    ]);
  });

  test("what profiles leave out this time is not", async () => {
    const engine = new PlayedEngine();
    const text = "services: {a: {command: x}, b: {command: x, profiles: [p], networks: [n]}}\nnetworks: {n: }";
    await engine.up(readText(text, { profiles: ["p"] }));
    expect(printed(await engine.plan(text, { removeOrphans: true }))).toEqual([]);
  });

  test("a network that no service is on any more stays, for it is declared, and goes when asked for", async () => {
    const engine = new PlayedEngine();
    await engine.up(BASE);
    const file = changed(["networks: {front: , back: {ipv4_address: 10.2.0.9}}", "networks: [front]"]);
    const apart = "disconnect shop-api-1 from shop_back: the files do not name it";
    expect(printed(await engine.plan(file))).toEqual([apart]);
    expect(printed(await engine.plan(file, { removeOrphans: true }))).toEqual([
      apart,
      "remove network shop_back: no service is on it any more",
    ]);
  });

  test("one whose name is wanted goes unasked", async () => {
    const engine = new PlayedEngine();
    await engine.up("services: {old: {command: x, container_name: one}}");
    expect(printed(await engine.plan("services: {new: {command: x, container_name: one}}"))).toEqual([
      "remove one: service old is in no file any more",
      "create one",
    ]);
  });
});

describe("waiting", () => {
  const chain = `services:
  web: {command: x, depends_on: {api: {condition: service_healthy}, seed: {condition: service_completed_successfully, required: false}}}
  api: {command: x, healthcheck: {test: x}, depends_on: [db]}
  db: {command: x}
  seed: {command: x}`;

  test("stands between a service and those that want it so", async () => {
    const plan = await new PlayedEngine().plan(chain);
    expect(printed(plan)).toEqual([
      "create network shop_default",
      "create shop-db-1",
      "create shop-api-1",
      "create shop-seed-1",
      "wait until shop-api-1 is healthy",
      "wait until shop-seed-1 has completed",
      "create shop-web-1",
    ]);
    expect(plan.steps.map(({ after }) => after)).toEqual([[], [0], [0, 1], [0], [2], [3], [0, 4, 5]]);
  });

  test("is for all when asked for", async () => {
    const plan = await new PlayedEngine().plan(chain, { wait: true });
    expect(printed(plan).slice(7)).toEqual([
      "wait until shop-db-1 is running",
      "wait until shop-seed-1 has completed",
      "wait until shop-web-1 is running",
    ]);
  });

  const seeded =
    "services: {seed: {command: x}, web: {command: x, depends_on: {seed: {condition: service_completed_successfully}}}}";
  test.each([
    [0, []],
    [1, ["start shop-seed-1: it has ended with exit code 1"]],
  ])("a job that ended with %d", async (exitCode, steps) => {
    const engine = new PlayedEngine();
    const running = engine.up(seeded);
    while (!engine.engine.calls.includes("startSandbox shop-seed-1")) await Bun.sleep(0);
    engine.engine.setStatus("shop-seed-1", { state: "exited", exitCode: 0 });
    await running;
    engine.engine.setStatus("shop-seed-1", { state: "exited", exitCode });
    expect(printed(await engine.plan(seeded))).toEqual(steps);
  });

  test.each([
    ["exited", "start shop-web-1: it has ended with exit code 143"],
    ["created", "start shop-web-1: it was never started"],
  ] as const)("a service that is %s is started", async (state, step) => {
    const engine = new PlayedEngine();
    await engine.up("services: {web: {command: x}}");
    engine.engine.setStatus("shop-web-1", { state, ...(state === "exited" && { exitCode: 143 }) });
    expect(printed(await engine.plan("services: {web: {command: x}}"))).toEqual([step]);
  });
});

describe("addresses that the files name are taken before the engine chooses any", () => {
  const text = (web: string): string =>
    `services:
  api: {command: x, networks: [n]}
  web: {command: x, networks: {n: ${web}}, depends_on: {api: {condition: service_healthy}}}
networks: {n: {ipam: {config: [{subnet: 10.5.0.0/24}]}}}`.replace(
      "command: x, networks: [n]",
      "command: x, networks: [n], healthcheck: {test: x}",
    );

  test("by a sandbox that starts later", async () => {
    const plan = await new PlayedEngine().plan(text("{ipv4_address: 10.5.0.2}"));
    expect(printed(plan)).toEqual([
      "create network shop_n",
      "create shop-web-1",
      "create shop-api-1",
      "wait until shop-api-1 is healthy",
      "start shop-web-1",
    ]);
    expect(plan.steps.map(({ after }) => after)).toEqual([[], [0], [0, 1], [2], [0, 1, 3]]);
  });

  test("also from one that runs", async () => {
    const engine = new PlayedEngine();
    await engine.up(text(""));
    const [taken = ""] = (await engine.client.getSandbox({ sandbox: "shop-api-1" })).endpoints[0]?.addresses ?? [];
    const address = taken.split("/")[0] ?? "";
    expect(printed(await engine.plan(text(`{ipv4_address: ${address}}`)))).toEqual([
      `disconnect shop-api-1 from shop_n: service web wants its address ${address}`,
      `disconnect shop-web-1 from shop_n: IPv4 address was 10.5.0.3, want ${address}`,
      "connect shop-web-1 to shop_n",
      "connect shop-api-1 to shop_n",
    ]);
  });
});

describe("in another's namespace", () => {
  const shared = "services: {web: {command: x}, side: {command: y, network_mode: 'service:web'}}";
  test("a service is made anew with its owner, and goes before it", async () => {
    const engine = new PlayedEngine();
    await engine.up(shared);
    expect(printed(await engine.plan(shared))).toEqual([]);
    expect(printed(await engine.plan(shared.replace("command: x", "command: z")))).toEqual([
      "remove shop-side-1: the sandbox shop-web-1 whose namespace it lives in is made anew",
      "remove shop-web-1: command was x, want z",
      "create shop-web-1",
      "create shop-side-1",
    ]);
  });
});

describe("external networks", () => {
  test("are used and never made", async () => {
    const engine = new PlayedEngine();
    await engine.client.createNetwork({ name: "shared" });
    const text = "services: {web: {command: x, networks: [shared]}}\nnetworks: {shared: {external: true}}";
    expect(printed(await engine.plan(text))).toEqual(["create shop-web-1"]);
    await engine.up(text);
    expect(printed(await engine.plan(text, { removeOrphans: true }))).toEqual([]);
  });

  test("the ones that are always there need not be", async () => {
    expect(printed(await new PlayedEngine().plan("services: {web: {command: x, network_mode: bridge}}"))).toEqual([
      "create shop-web-1",
    ]);
  });
});

describe("refusals name the place", () => {
  test("an external network that is missing", async () => {
    const text = "services: {web: {command: x, networks: [n]}}\nnetworks:\n  n: {external: true, name: shared}";
    await expect(new PlayedEngine().plan(text)).rejects.toThrow(
      "Cannot use external network shared of compose.yaml:3:3 (networks.n): there is none, want it made first: weft network create shared",
    );
  });

  test("a network that is somebody else's", async () => {
    const engine = new PlayedEngine();
    await engine.client.createNetwork({ name: "shop_default" });
    await expect(engine.plan("services: {web: {command: x}}")).rejects.toMatchObject({
      kind: "conflict",
      message:
        'Cannot create network shop_default: there is one that is not project shop\'s, want "external: true" to use it, or another name',
    });
  });

  test("a sandbox that is somebody else's", async () => {
    const engine = new PlayedEngine();
    await engine.client.createSandbox({ name: "one" });
    await expect(engine.plan("services:\n  web: {command: x, container_name: one}")).rejects.toMatchObject({
      kind: "conflict",
      message:
        "Cannot create sandbox one of compose.yaml:2:3 (services.web): there is one that is not project shop's, want it removed, or another container_name",
    });
  });

  test("a network to be made anew that somebody else is on", async () => {
    const engine = new PlayedEngine();
    await engine.up("services: {web: {command: x, networks: [n]}}\nnetworks: {n: }");
    await engine.client.createSandbox({ name: "guest", networks: [{ network: "shop_n" }] });
    const internal = "services: {web: {command: x, networks: [n]}}\nnetworks: {n: {internal: true}}";
    await expect(engine.plan(internal)).rejects.toThrow(
      "Cannot make network shop_n anew of compose.yaml:2:12 (networks.n), though internal was false, want true: sandbox guest is on it and no service of project shop to be brought up, want it off",
    );
  });
});

test("services that are named come alone, with what they depend on", async () => {
  const engine = new PlayedEngine();
  await engine.up(BASE);
  const project = readFixture({
    texts: [changed(["command: serve", "command: other"], ["answer", "reply"])],
    services: ["api"],
  });
  expect(printed(await engine.plan(project))).toEqual([
    "remove shop-api-1: command was answer, want reply",
    "create shop-api-1",
  ]);
});
