import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import {
  createHost,
  type Daemon,
  privileged,
  Refused,
  request,
  runOrThrow,
  startDaemon,
  waitFor,
} from "../support/mod.ts";
import { countRules, invariants } from "./invariants.ts";
import { list } from "./listing.ts";
import { Random } from "./random.ts";

const names = Array.from({ length: 100 }, (_, index) => `s${index}`);

/** Bytes of memory that the kernel counts for the daemon. */
function residentBytes({ pid }: Daemon): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

const descriptorsOf = ({ pid }: Daemon): number => readdirSync(`/proc/${pid}/fd`).length;

async function checkAll(daemon: Daemon, rules: number): Promise<void> {
  const listing = await list(daemon);
  for (const { name, wanted, found } of await invariants(daemon, listing, { rules })) {
    expect(found, name).toEqual(wanted);
  }
}

describe.if(privileged)("a hundred changes at once", () => {
  test("are all done, one after the other, and each of a hundred for one name but one is refused", async () => {
    await using host = await createHost({ label: "hundred", uplink: true });
    for (const family of ["iptables", "ip6tables"]) {
      await runOrThrow(host, `sysctl -q net.bridge.bridge-nf-call-${family}=0`);
    }
    await using daemon = await startDaemon(host);
    const rules = await countRules(daemon);
    await request(daemon, "POST", "/networks", { name: "front", ipv6: true });
    const networks = names.slice(0, 20).map((name) => request(daemon, "POST", "/networks", { name: `n${name}` }));
    const sandboxes = names.map((name) => {
      const body = { name, networks: [{ network: "front" }], ports: [{ sandboxPorts: "80" }] };
      return request(daemon, "POST", "/sandboxes", body);
    });
    await Promise.all([...networks, ...sandboxes]);
    expect((await list(daemon)).sandboxes).toHaveLength(100);
    await checkAll(daemon, rules);
    const rivals = await Promise.allSettled(names.map(() => request(daemon, "POST", "/sandboxes", { name: "one" })));
    expect(rivals.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const rival of rivals)
      if (rival.status === "rejected") expect(rival.reason).toMatchObject({ kind: "conflict" });
    // Whatever the order in which they meet, what is there afterwards is what is listed.
    await Promise.allSettled(
      names.flatMap((name, index) => [
        request(daemon, "POST", `/networks/n${names[index % 20]}/connect`, { sandbox: name }),
        request(daemon, "DELETE", `/sandboxes/${name}`),
        request(daemon, "DELETE", `/networks/n${names[index % 20]}`),
      ]),
    );
    const after = await list(daemon);
    expect(after.sandboxes.map(({ name }) => name)).toEqual(["one"]);
    await checkAll(daemon, rules);
  });
});

/** A connection that writes what it is told to, and does not mind how that ends. */
async function open({ socket }: Daemon): Promise<Socket> {
  const client = connect(socket);
  client.on("error", () => undefined); // the daemon hangs up on nonsense
  await new Promise((resolve) => client.once("connect", resolve));
  return client;
}

const head = (path: string, length: number): string =>
  `POST /v1${path} HTTP/1.1\r\nHost: weft\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** Ways in which a client goes wrong. Each answers the connections that stay open on purpose. */
const nuisances: Readonly<Record<string, (daemon: Daemon, random: Random) => Promise<readonly Socket[]>>> = {
  "random bytes": async (daemon, random) => {
    const client = await open(daemon);
    client.end(Uint8Array.from({ length: 4096 }, () => random.integer(256)));
    return [];
  },
  "half a request line": async (daemon) => {
    const client = await open(daemon);
    client.write("POST /v1/netw");
    return [client];
  },
  "a body that never comes": async (daemon) => {
    const client = await open(daemon);
    client.write(head("/networks", 500));
    return [client];
  },
  "a body that breaks off": async (daemon) => {
    const client = await open(daemon);
    client.write(`${head("/networks", 500)}{"name":`);
    client.destroy();
    return [];
  },
  "a header without end": async (daemon) => {
    const client = await open(daemon);
    client.write(`GET /v1/info HTTP/1.1\r\nHost: weft\r\nX-Long: ${"x".repeat(1 << 20)}`);
    return [client];
  },
  "a body of four megabytes": async (daemon) => {
    const client = await open(daemon);
    client.end(`${head("/networks", 4 << 20)}${"x".repeat(4 << 20)}`);
    return [];
  },
  "a body that claims a terabyte": async (daemon) => {
    const client = await open(daemon);
    client.write(`${head("/networks", 2 ** 40)}{"name":"`);
    return [client];
  },
  "JSON that is none": async (daemon) => {
    await refused(daemon, "{name: unquoted", /Cannot read the body/);
    return [];
  },
  "JSON a hundred thousand brackets deep": async (daemon) => {
    await refused(daemon, "[".repeat(100_000), /Cannot read the body/);
    return [];
  },
  "a name of half a megabyte": async (daemon) => {
    await refused(daemon, JSON.stringify({ name: "n".repeat(500_000) }), /name/);
    return [];
  },
  "someone who watches and never reads": async (daemon) => {
    const client = await open(daemon);
    client.write("GET /v1/events HTTP/1.1\r\nHost: weft\r\n\r\n");
    client.pause();
    return [client];
  },
  "one of Docker's clients that watches and never reads": async (daemon) => {
    const client = await open(daemon);
    client.write("GET /v1.41/events?since=1 HTTP/1.1\r\nHost: docker\r\n\r\n");
    client.pause();
    return [client];
  },
  "one of Docker's clients that sends brackets": async (daemon) => {
    await refused(daemon, "[".repeat(100_000), /invalid JSON/, "/v1.41/networks/create");
    return [];
  },
  "one of Docker's clients with a pattern that would take for ever": async (daemon) => {
    const filters = encodeURIComponent(JSON.stringify({ name: ["(a+)+$"] }));
    const response = await fetch(`http://docker/networks?filters=${filters}`, { unix: daemon.socket });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("want a pattern")]);
    return [];
  },
};

async function refused(daemon: Daemon, body: string, says: RegExp, path = "/v1/networks"): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://weft${path}`, { unix: daemon.socket, method: "POST", body, headers });
  const text = await response.text();
  expect(response.status, text).toBe(400);
  expect(text.length, "a sentence does not repeat what is too long").toBeLessThan(2000);
  expect(text).toMatch(says);
}

describe.if(privileged)("clients that go wrong", () => {
  test("keep nobody from being answered, and cost no memory and no descriptor once they have gone", async () => {
    await using host = await createHost({ label: "hostile" });
    await using daemon = await startDaemon(host);
    const random = new Random(1);
    const open: Socket[] = [];
    const nuisance = async (times: number): Promise<void> => {
      for (let round = 0; round < times; round++) {
        for (const [name, bother] of Object.entries(nuisances)) {
          open.push(...(await bother(daemon, random)));
          const startMs = performance.now();
          await request(daemon, "GET", "/info");
          expect(performance.now() - startMs, `an answer after: ${name}`).toBeLessThan(2000);
        }
        // Work goes on beside them.
        await request(daemon, "POST", "/networks", { name: "work" });
        await request(daemon, "DELETE", "/networks/work");
      }
    };
    const leave = async (): Promise<void> => {
      for (const socket of open.splice(0)) socket.destroy();
      await waitFor(() => descriptorsOf(daemon) <= descriptors + 5, { timeoutMs: 10_000, what: "closed descriptors" });
    };
    const descriptors = descriptorsOf(daemon);
    await nuisance(20); // the runtime's heap finds its size
    await leave();
    const before = residentBytes(daemon);
    for (let wave = 0; wave < 3; wave++) {
      await nuisance(20);
      await leave();
    }
    const grown = residentBytes(daemon) - before;
    console.error(
      `memory after ${60 * Object.keys(nuisances).length} nuisances more: ${(grown / 1e6).toFixed(1)} MB above ${(before / 1e6).toFixed(1)} MB`,
    );
    expect(grown).toBeLessThan(40e6);
    await expect(request(daemon, "GET", "/networks/work")).rejects.toBeInstanceOf(Refused);
  });
});
