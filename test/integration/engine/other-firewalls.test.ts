import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  type EngineHost,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

const { outside } = outsideAddresses;

/** As Docker 28 leaves them behind, abridged; the policy is what it sets when it switches forwarding on itself. */
const dockersRules = `
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-BRIDGE - [0:0]
:DOCKER-CT - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-BRIDGE -o docker0 -j DOCKER
-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i docker0 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 5000 -j DNAT --to-destination 172.17.0.2:80
COMMIT
`;

/** As ufw has them on a host with iptables of old. */
const ufwsRules = `
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-user-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -p icmp -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
`;

describe.if(privileged)("beside other firewalls", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  /** All that is not ours, counters aside. */
  async function foreignRules(host: Place): Promise<string> {
    const tables = (await runOrThrow(host, "nft list tables")).split("\n").filter((line) => line !== "");
    const theirs = tables.filter((line) => line !== "table inet weft");
    const listed = await Promise.all(theirs.map((table) => runOrThrow(host, `nft -s list ${table}`)));
    const legacy = await runOrThrow(host, "iptables-legacy-save -t filter");
    return [...listed, legacy.replace(/\[\d+:\d+\]|^#.*\n/gm, "")].join("\n");
  }

  beforeAll(async () => {
    engine = stack.use(
      await startEngine({
        label: "firewalls",
        async prepare(host) {
          await runOrThrow(host, "iptables-nft-restore", { stdin: dockersRules });
          await runOrThrow(host, "iptables-legacy-restore", { stdin: ufwsRules });
        },
      }),
    );
  });
  afterAll(() => stack.disposeAsync());

  test("their rules stay as they are, whatever we do", async () => {
    const { api, host, daemon } = engine;
    const before = await foreignRules(host);
    expect(before).toContain("DOCKER-USER");
    expect(before).toContain("ufw-user-input");
    await api.createNetwork({ name: "passing", ipv6: true });
    const web = await engine.sandbox("passing", {
      networks: ["passing"],
      ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
    });
    expect(await foreignRules(host)).toBe(before);
    await runOrThrow(host, "nft delete table inet weft");
    await waitFor(async () => String(await witness(host, "nft list ruleset")).includes("table inet weft"));
    await daemon.kill();
    await daemon.start();
    await api.disconnect({ network: "passing", sandbox: "passing" });
    await api.removeSandbox({ sandbox: web.name });
    await api.removeNetwork({ network: "passing" });
    expect(await foreignRules(host)).toBe(before);
  });

  test("a chain that drops what is forwarded is told of, and is its owner's to change", async () => {
    await engine.api.createNetwork({ name: "dropped" });
    const sandbox = await engine.sandbox("dropped", { networks: ["dropped"] });
    const commands = ["-i weft-+ -o uplink0", "-o weft-+"].map((way) => `iptables-nft -I DOCKER-USER ${way} -j ACCEPT`);
    expect((await engine.api.info({})).warnings).toEqual([
      `chain FORWARD of table ip filter (policy drop) drops what sandboxes on dropped send beyond this host; Weft leaves it as it is, to let them pass: ${commands.join(" && ")}`,
    ]);
    expect(await pings(sandbox, outside.ipv4, { expected: false })).toBe(false);
    for (const command of commands) await runOrThrow(engine.host, command);
    expect(await pings(sandbox, outside.ipv4, { expected: true })).toBe(true);
    expect((await engine.api.info({})).warnings).toEqual([]);
  });
});

describe.if(privileged)("chain admin", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  let web: SandboxView;
  let db: SandboxView;

  const admin = (): Promise<unknown> => witness(engine.host, "nft -s list chain inet weft admin");

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "admin" }));
    for (const name of ["front", "back"]) await engine.api.createNetwork({ name, ipv6: true });
    web = await engine.sandbox("web", { networks: ["front"] });
    db = await engine.sandbox("db", { networks: ["back"] });
    await runOrThrow(engine.host, ["nft", "-f", "-"], {
      stdin: `
        add set inet weft blocked { type ipv4_addr; elements = { ${outside.ipv4} }; }
        add rule inet weft admin ip daddr @blocked counter drop comment "no way to that one"
        add rule inet weft admin ip6 saddr ${addressOf(db, "ipv6")} ip6 daddr ${addressOf(web, "ipv6")} accept`,
    });
  });
  afterAll(() => stack.disposeAsync());

  /** What the rules of the administrator say, which ours alone would say otherwise. */
  async function expectObeyed(): Promise<void> {
    expect(
      await Promise.all([
        pings(web, outside.ipv4, { expected: false }),
        pings(web, outside.ipv6, { expected: true }),
        pings(db, addressOf(web, "ipv6"), { expected: true }),
        pings(db, addressOf(web, "ipv4"), { expected: false }),
      ]),
    ).toEqual([false, true, true, false]);
  }

  test("is asked before our rules", expectObeyed);

  test.each<{ what: string; change: () => Promise<unknown> }>([
    {
      what: "changes",
      async change() {
        await engine.api.createNetwork({ name: "third" });
        await engine.sandbox("third", { networks: ["third"], ports: [{ hostPorts: "8080", sandboxPorts: "80" }] });
        await engine.api.removeSandbox({ sandbox: "third" });
        await engine.api.removeNetwork({ network: "third" });
      },
    },
    {
      what: "repair",
      async change() {
        const before = await witness(engine.host, "nft -s list chain inet weft to_sandbox");
        await runOrThrow(engine.host, "nft flush chain inet weft to_sandbox");
        await waitFor(async () => (await witness(engine.host, "nft -s list chain inet weft to_sandbox")) === before);
      },
    },
    {
      what: "a restart",
      async change() {
        await engine.daemon.stop();
        await engine.daemon.start();
      },
    },
    {
      what: "a crash",
      async change() {
        await engine.daemon.kill();
        await engine.daemon.start();
      },
    },
  ])("keeps its rules through $what", async ({ change }) => {
    const before = await admin();
    expect(before).toContain("no way to that one");
    await change();
    expect(await admin()).toBe(before);
    await expectObeyed();
  });

  test("what an administrator adds is no damage that we would repair", async () => {
    const log = await engine.daemon.log();
    await runOrThrow(engine.host, "nft add rule inet weft admin counter");
    await runOrThrow(engine.host, "nft add set inet weft more { type ipv4_addr; }");
    // The daemon has read those notifications when a repair of something else, later, is done.
    await runOrThrow(engine.host, "nft flush chain inet weft guard");
    const repaired = await waitFor(async () => {
      const news = (await engine.daemon.log()).slice(log.length);
      return news.includes("repaired") ? news : undefined;
    });
    expect(repaired.match(/repaired/g)).toHaveLength(1);
  });
});
