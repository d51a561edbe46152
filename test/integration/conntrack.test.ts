import { describe, expect, test } from "bun:test";
import { deleteFlows, type Flow, type FlowEvent, listFlows, watchFlows } from "../../src/kernel/conntrack/mod.ts";
import { parseIpAddress } from "../../src/net/mod.ts";
import { openConnection } from "../../src/netlink/connection/mod.ts";
import { openNetns } from "../../src/sys/mod.ts";
import { createHost, inPlace, type Place, privileged, run, runOrThrow, waitFor, witness } from "../support/mod.ts";

/** Makes connections tracked, and sends what asks for port 9001 to port 9000. */
const ruleset = `table ip t {
  chain output {
    type nat hook output priority -100
    udp dport 9001 dnat to 203.0.113.1:9000
  }
}`;

/** Answers every datagram and every connection with what it got. */
async function startEcho(place: Place, listener: string): Promise<AsyncDisposable> {
  const child = Bun.spawn(inPlace(place, ["socat", listener, "EXEC:cat"]), { stderr: "ignore", stdout: "ignore" });
  const port = /:(\d+)/.exec(listener)?.[1] ?? "";
  await waitFor(async () => (await runOrThrow(place, "ss -Hltun")).includes(`:${port} `), { what: `port ${port}` });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** What `conntrack -E -o id` writes of a flow, as far as we compare it: `[NEW] 203.0.113.2 40000 203.0.113.1 9000 id`. */
function eventOf(line: string): string {
  const kind = /\[(\w+)\]/.exec(line)?.[1];
  const first = (key: string): string | undefined => new RegExp(` ${key}=(\\S+)`).exec(line)?.[1];
  return [kind, first("src"), first("sport"), first("dst"), first("dport"), first("id")].join(" ");
}

function describeFlow(kind: string, { original, id }: Flow): string {
  const { source, sourcePort, destination, destinationPort } = original;
  return [kind, source, sourcePort, destination, destinationPort, id].join(" ");
}

/** The births and deaths of flows to port 9000. */
async function sixEvents(watch: AsyncIterable<FlowEvent>): Promise<readonly string[]> {
  const events: string[] = [];
  for await (const event of watch) {
    if (event.kind === "overrun") throw new Error("want no lost events");
    if (event.flow.protocol !== "udp" || event.flow.original.destinationPort !== 9000) continue;
    events.push(describeFlow(event.kind === "new" ? "NEW" : "DESTROY", event.flow));
    if (events.length === 6) break;
  }
  return events;
}

describe.if(privileged)("flows of real traffic", () => {
  test("are told as conntrack -E tells them", async () => {
    await using host = await createHost({ label: "ct-events", uplink: true });
    await runOrThrow(host, "nft -f -", { stdin: ruleset });
    await using _echo = await startEcho(host.outside, "UDP-LISTEN:9000,fork,reuseaddr");
    using netns = openNetns(host.netnsPath);
    using connection = openConnection({ protocol: "netfilter", netns });
    await using watch = watchFlows({ netns, kinds: ["new", "destroy"] });
    const watching = sixEvents(watch);
    const teller = Bun.spawn(
      inPlace(host, ["stdbuf", "-oL", "conntrack", "-E", "-e", "NEW,DESTROY", "-p", "udp", "-o", "id"]),
      {
        stdout: "pipe",
        stderr: "ignore",
      },
    );
    const told: string[] = [];
    const reading = (async () => {
      let rest = "";
      for await (const chunk of teller.stdout) {
        const lines = (rest + new TextDecoder().decode(chunk)).split("\n");
        rest = lines.pop() ?? "";
        told.push(...lines.map(eventOf));
      }
    })();
    // It listens when it tells of a flow that we make for it to tell.
    await waitFor(
      async () => {
        await run(host, "conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 60");
        await run(host, "conntrack -D -p udp -s 192.0.2.1");
        return told.length > 0;
      },
      { what: "conntrack -E", intervalMs: 50 },
    );

    for (const port of [40_000, 40_001, 40_002]) {
      const answer = await runOrThrow(host, `socat -T 1 - UDP:203.0.113.1:9000,bind=:${port}`, { stdin: "hello" });
      expect(answer).toBe("hello");
    }
    expect(deleteFlows(connection, { protocol: "udp", original: { destinationPort: 9000 } })).toBe(3);

    const ours = await watching;
    const theirs = await waitFor(
      () => {
        const flows = told.filter((line) => line.includes(" 9000 "));
        return flows.length === 6 && flows;
      },
      { what: "the six events of conntrack -E" },
    );
    expect(ours).toEqual(theirs);
    teller.kill("SIGKILL");
    await reading;
  });

  test("are listed with their translation, and cut by what they were translated to", async () => {
    await using host = await createHost({ label: "ct-nat", uplink: true });
    await runOrThrow(host, "nft -f -", { stdin: ruleset });
    await using _udp = await startEcho(host.outside, "UDP-LISTEN:9000,fork,reuseaddr");
    await using _tcp = await startEcho(host.outside, "TCP-LISTEN:9002,fork,reuseaddr");
    using netns = openNetns(host.netnsPath);
    using connection = openConnection({ protocol: "netfilter", netns });
    // Nobody listens at 203.0.113.1:9001: the answer comes from where the rule sends it.
    expect(await runOrThrow(host, "socat -T 1 - UDP:203.0.113.1:9001,bind=:40000", { stdin: "a" })).toBe("a");
    expect(await runOrThrow(host, "socat -T 1 - TCP:203.0.113.1:9002,bind=:40001", { stdin: "b" })).toBe("b");

    const flows = listFlows(connection);
    expect(flows.find(({ protocol }) => protocol === "udp")).toMatchObject({
      original: { source: "203.0.113.2", sourcePort: 40_000, destination: "203.0.113.1", destinationPort: 9001 },
      reply: { source: "203.0.113.1", sourcePort: 9000, destination: "203.0.113.2", destinationPort: 40_000 },
      destinationNat: true,
      sourceNat: false,
      seenReply: true,
    });
    const tcp = flows.find(({ protocol }) => protocol === "tcp");
    expect(tcp).toMatchObject({ destinationNat: false, assured: true });
    expect(String(await witness(host, "conntrack -L -p tcp"))).toContain(
      (tcp?.tcpState ?? "").toUpperCase().replace("-", "_"),
    );

    expect(
      deleteFlows(connection, { protocol: "udp", reply: { source: parseIpAddress("203.0.113.1"), sourcePort: 9000 } }),
    ).toBe(1);
    expect(await witness(host, "conntrack -L -p udp")).toBe("");
    expect(String(await witness(host, "conntrack -L -p tcp"))).toContain("dport=9002");
  });
});
