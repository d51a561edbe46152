import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  dig,
  type EngineHost,
  inPlace,
  outsideAddresses,
  type Place,
  privileged,
  runOrThrow,
  startEngine,
  waitFor,
} from "../../support/mod.ts";

/** A dnsmasq that knows two names, and nothing else. */
async function startUpstream(place: Place, listen: string, where: string): Promise<AsyncDisposable> {
  const fixed = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--pid-file=",
    "--user=root",
  ];
  const names = [`--address=/where.test/${where}`, "--local=/#/"];
  const child = Bun.spawn(
    inPlace(place, ["dnsmasq", ...fixed, "--bind-interfaces", `--listen-address=${listen}`, ...names]),
    { stdin: "ignore", stdout: "ignore", stderr: "ignore" },
  );
  await waitFor(async () => (await runOrThrow(place, "ss -Hlnu sport = :53")).includes(listen), {
    what: `dnsmasq at ${listen}`,
  });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** What each upstream says of where.test. */
const seen = { host: "192.0.2.1", sandbox: "192.0.2.2", sibling: "192.0.2.3" } as const;

describe.if(privileged)("names in a sandbox", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  let web: SandboxView;
  let db: SandboxView;
  let both: SandboxView;

  beforeAll(async () => {
    engine = stack.use(
      await startEngine({
        label: "names",
        resolvConf: "nameserver 127.0.0.1\nsearch corp.test lan\noptions ndots:3 timeout:2\n",
      }),
    );
    stack.use(await startUpstream(engine.host, "127.0.0.1", seen.host));
    const { api } = engine;
    await api.createNetwork({ name: "Front", subnets: [{ prefix: "10.1.0.0/24" }, { prefix: "fd01::/64" }] });
    await api.createNetwork({ name: "back", subnets: [{ prefix: "10.2.0.0/24" }] });
    await api.createNetwork({ name: "inner", internal: true, subnets: [{ prefix: "10.3.0.0/24" }] });
    web = await engine.sandbox("Web", {
      networks: [{ network: "Front", aliases: ["www", "shared"] }],
      hostname: "web-1",
    });
    db = await engine.sandbox("db", { networks: [{ network: "back", aliases: ["store"] }] });
    both = await engine.sandbox("both", {
      networks: [
        { network: "Front", aliases: ["shared", "in-front"] },
        { network: "back", aliases: ["in-back"] },
      ],
    });
    await engine.sandbox("third", { networks: [{ network: "Front", aliases: ["shared"] }] });
  });
  afterAll(() => stack.disposeAsync());

  const known = (...answers: readonly string[]) => ({ status: "NOERROR", answers: answers.toSorted() });
  const unknown = { status: "NXDOMAIN", answers: [] };

  const questions: readonly {
    readonly from: "web" | "db" | "both";
    readonly question: readonly string[];
    readonly answer: object;
  }[] = [
    { from: "web", question: ["both"], answer: known("10.1.0.3") },
    { from: "web", question: ["both", "+tcp"], answer: known("10.1.0.3") },
    { from: "web", question: ["BOTH", "AAAA"], answer: known("fd01::3") },
    { from: "web", question: ["both.front"], answer: known("10.1.0.3") },
    { from: "web", question: ["in-front"], answer: known("10.1.0.3") },
    { from: "web", question: ["shared"], answer: known("10.1.0.2", "10.1.0.3", "10.1.0.4") },
    { from: "web", question: ["web"], answer: known("10.1.0.2") },
    { from: "both", question: ["web-1"], answer: known("10.1.0.2") },
    { from: "both", question: ["db"], answer: known("10.2.0.2") },
    { from: "both", question: ["store", "AAAA"], answer: known() },
    { from: "both", question: ["store", "MX"], answer: known() },
    { from: "db", question: ["both"], answer: known("10.2.0.3") },
    { from: "db", question: ["in-back"], answer: known("10.2.0.3") },
    // Names of networks that the asker is not on are strangers' names.
    { from: "db", question: ["in-front"], answer: unknown },
    { from: "db", question: ["web"], answer: unknown },
    { from: "web", question: ["db"], answer: unknown },
    { from: "web", question: ["in-back"], answer: unknown },
    { from: "web", question: ["db.back"], answer: unknown },
    { from: "web", question: ["-x", "10.1.0.3"], answer: known("both.front.") },
    { from: "web", question: ["-x", "fd01::3"], answer: known("both.front.") },
    { from: "web", question: ["-x", "10.2.0.2"], answer: unknown },
    { from: "web", question: ["-x", "10.1.0.1"], answer: known("_gateway.front.") },
    { from: "web", question: ["-x", "fd01::1"], answer: known("_gateway.front.") },
    { from: "db", question: ["_gateway"], answer: known("10.2.0.1") },
    { from: "web", question: ["where.test"], answer: known(seen.host) },
    { from: "web", question: ["where.test", "+tcp"], answer: known(seen.host) },
    { from: "web", question: ["nowhere.test"], answer: unknown },
  ];
  test.each(questions)("$from asks $question", async ({ from, question, answer }) => {
    expect(await dig({ web, db, both }[from], ...question)).toMatchObject(answer);
  });

  test("an id's first twelve digits are a name too", async () => {
    expect(await dig(both, web.id.slice(0, 12))).toMatchObject(known("10.1.0.2"));
  });

  test("of several addresses, each comes first at times", async () => {
    const firsts = new Set<string | undefined>();
    for (let round = 0; round < 6; round++) firsts.add((await dig(web, "shared")).inOrder[0]);
    expect([...firsts].toSorted()).toEqual(["10.1.0.2", "10.1.0.3", "10.1.0.4"]);
  });

  test("names come and go with their endpoints, and the daemon", async () => {
    const late = await engine.sandbox("late", { networks: ["back"] });
    const { addresses } = await engine.api.connect({ network: "Front", sandbox: "late", aliases: ["newcomer"] });
    const [address = ""] = addresses.map((one) => one.replace(/\/.*/, ""));
    expect(await dig(web, "newcomer")).toMatchObject(known(address));
    expect(await dig(late, "web")).toMatchObject(known("10.1.0.2"));
    await engine.daemon.kill();
    await engine.daemon.start();
    expect(await dig(web, "newcomer")).toMatchObject(known(address));
    expect(await dig(late, "-x", "10.1.0.1")).toMatchObject(known("_gateway.front."));
    await engine.api.disconnect({ network: "Front", sandbox: "late" });
    expect(await dig(web, "newcomer")).toMatchObject(unknown);
    expect(await dig(late, "web")).toMatchObject(unknown);
    await engine.api.removeSandbox({ sandbox: "late" });
    expect(await dig(db, "late")).toMatchObject(unknown);
  });

  describe("servers of its own", () => {
    test("are asked from inside the sandbox", async () => {
      const own = await engine.sandbox("own", { networks: ["Front"], resolver: { servers: ["127.0.0.1"] } });
      await using _upstream = await startUpstream(own, "127.0.0.1", seen.sandbox);
      expect(await dig(own, "where.test")).toMatchObject(known(seen.sandbox));
      expect(await dig(own, "web")).toMatchObject(known("10.1.0.2"));
      expect(await dig(web, "where.test")).toMatchObject(known(seen.host));
      await engine.api.removeSandbox({ sandbox: "own" });
    });

    test("are asked on an internal network too, where nobody else is", async () => {
      const inner = await engine.sandbox("inner1", { networks: ["inner"] });
      const sibling = await engine.sandbox("inner2", { networks: ["inner"] });
      const servers = [addressOf(sibling, "ipv4")];
      const asking = await engine.sandbox("inner3", { networks: ["inner"], resolver: { servers } });
      await using _upstream = await startUpstream(sibling, addressOf(sibling, "ipv4"), seen.sibling);
      expect(await dig(inner, "where.test")).toMatchObject(unknown);
      expect(await dig(inner, "inner2")).toMatchObject(known(addressOf(sibling, "ipv4")));
      expect(await dig(asking, "where.test")).toMatchObject(known(seen.sibling));
      // On another network beside it, the host's servers are there for all.
      await engine.api.connect({ network: "Front", sandbox: "inner1" });
      expect(await dig(inner, "where.test")).toMatchObject(known(seen.host));
    });
  });

  test("another server of the host is asked as soon as its resolv.conf names it", async () => {
    const path = engine.daemon.resolvConfPath;
    const before = await Bun.file(path).text();
    await using _other = await startUpstream(engine.outside, outsideAddresses.outside.ipv4, seen.sibling);
    await writeFile(path, `nameserver ${outsideAddresses.outside.ipv4}\n`);
    await waitFor(async () => (await dig(web, "where.test")).answers[0] === seen.sibling, {
      what: "the other server's answer",
    });
    expect(await Bun.file(`${engine.daemon.runDirectory}/sandboxes/${web.id}/resolv.conf`).text()).toContain(
      `# ExtServers: [host(${outsideAddresses.outside.ipv4})]`,
    );
    await writeFile(path, before);
    await waitFor(async () => (await dig(web, "where.test")).answers[0] === seen.host, {
      what: "the first server's answer",
    });
  });

  describe("files", () => {
    const fileOf = ({ id }: SandboxView, name: string): Promise<string> =>
      Bun.file(`${engine.daemon.runDirectory}/sandboxes/${id}/${name}`).text();
    const lines = (text: string): readonly string[] =>
      text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

    test("resolv.conf has the host's search list and options, and ndots of our own", async () => {
      const text = await fileOf(web, "resolv.conf");
      expect(lines(text)).toEqual(["nameserver 127.0.0.11", "search corp.test lan", "options timeout:2 ndots:0"]);
      expect(text).toContain("# ExtServers: [host(127.0.0.1)]");
    });

    test("resolv.conf has what the sandbox asked for instead", async () => {
      const resolver = { servers: ["9.9.9.9"], search: ["mine.test"], options: ["ndots:2", "rotate"] };
      const text = await fileOf(await engine.sandbox("set", { networks: ["Front"], resolver }), "resolv.conf");
      expect(lines(text)).toEqual(["nameserver 127.0.0.11", "search mine.test", "options ndots:2 rotate"]);
      expect(text).toContain("# ExtServers: [sandbox(9.9.9.9)]");
    });

    test("hosts has loopback, what was added, and the sandbox itself on each of its networks", async () => {
      const sandbox = await engine.sandbox("hosted", {
        networks: ["Front"],
        hostname: "box",
        domainname: "corp.test",
        extraHosts: [
          { name: "printer", address: "192.0.2.9" },
          { name: "host.internal", address: "host-gateway" },
        ],
      });
      const [v4, v6] = [addressOf(sandbox, "ipv4"), addressOf(sandbox, "ipv6")];
      const entries = async () => lines(await fileOf(sandbox, "hosts")).filter((line) => !/^(fe00|ff0)/.test(line));
      const fixed = [
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "192.0.2.9\tprinter",
        "10.1.0.1\thost.internal",
        "fd01::1\thost.internal",
        `${v4}\tbox.corp.test\tbox`,
        `${v6}\tbox.corp.test\tbox`,
      ];
      expect(await entries()).toEqual(fixed);
      const { addresses } = await engine.api.connect({ network: "back", sandbox: "hosted" });
      expect(await entries()).toEqual([...fixed, `${addresses[0]?.replace(/\/.*/, "")}\tbox.corp.test\tbox`]);
      await engine.api.disconnect({ network: "back", sandbox: "hosted" });
      expect(await entries()).toEqual(fixed);
      expect(await fileOf(sandbox, "hostname")).toBe("box\n");
    });
  });

  test("a sandbox's own server on port 53 of its address is not in the resolver's way", async () => {
    const server = await engine.sandbox("server", { networks: ["Front"] });
    await using _upstream = await startUpstream(server, addressOf(server, "ipv4"), seen.sibling);
    const asked = await runOrThrow(web, `dig +short @${addressOf(server, "ipv4")} where.test`);
    expect(asked.trim()).toBe(seen.sibling);
    expect(await dig(server, "web")).toMatchObject(known("10.1.0.2"));
  });
});

test.if(privileged)("a host's server that is a router's link-local address", async () => {
  await using engine = await startEngine({
    label: "link-local",
    resolvConf: "nameserver fe80::53%uplink0\n",
    prepare: (host) => runOrThrow(host.outside, "ip address add fe80::53/64 dev host0 nodad").then(() => {}),
  });
  await using _upstream = await startUpstream(engine.outside, "fe80::53", seen.host);
  await engine.api.createNetwork({ name: "front" });
  const sandbox = await engine.sandbox("web", { networks: ["front"] });
  expect(await dig(sandbox, "where.test")).toMatchObject({ status: "NOERROR", answers: [seen.host] });
});
