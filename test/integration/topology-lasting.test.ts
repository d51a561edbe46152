import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { privileged, runOrThrow, spawnIn, waitFor, witness } from "../support/mod.ts";
import { createTopologyPlace, type TopologyPlace } from "./topology-place.ts";

test.if(privileged)("a sysctl that leaves the file has the value of before again", async () => {
  await using place = await createTopologyPlace({ label: "sysctls" });
  const value = (at: TopologyPlace["host"] | ReturnType<TopologyPlace["at"]>, name: string): Promise<unknown> =>
    witness(at, `sysctl -n ${name}`);
  const file = (name: string, host: string, red = ""): string =>
    `topology: ${name}\nhost:\n  sysctls: {${host}}\nnamespaces:\n  ${name}-ns:\n    sysctls: {${red}}\n`;
  const arp = " net.ipv4.conf.all.arp_ignore: 1 ";
  await runOrThrow(place.host, "sysctl -q net.ipv4.conf.all.arp_announce=2");
  const rp = await value(place.host, "net.ipv4.conf.all.rp_filter");
  const all = " net.ipv4.conf.all.arp_announce: 1, net.ipv4.conf.all.rp_filter: 2 ";
  await place.up(file("one", all, arp));
  expect(await value(place.at("one-ns"), "net.ipv4.conf.all.arp_ignore")).toBe("1");

  // From file to file: only what left is put back.
  const less = file("one", " net.ipv4.conf.all.rp_filter: 2 ");
  expect(await place.up(less)).toEqual([
    'set sysctl net/ipv4/conf/all/arp_announce to "2" in host',
    'set sysctl net/ipv4/conf/all/arp_ignore to "0" in one-ns',
  ]);
  expect(await place.up(less)).toEqual([]);
  expect(await value(place.at("one-ns"), "net.ipv4.conf.all.arp_ignore")).toBe("0");

  // Another topology wants the same: it stays for that one, which knows what was before.
  await place.up(file("two", " net.ipv4.conf.all.rp_filter: 2 "));
  expect(await place.weft("down", "--topology", "one")).toMatchObject({ exitCode: 0 });
  expect(await value(place.host, "net.ipv4.conf.all.rp_filter")).toBe("2");
  expect(await place.weft("down", "--topology", "two")).toMatchObject({ exitCode: 0 });
  expect(await value(place.host, "net.ipv4.conf.all.rp_filter")).toBe(rp);

  // What somebody else has set since is somebody else's.
  await place.up(file("one", all));
  await runOrThrow(place.host, "sysctl -q net.ipv4.conf.all.arp_announce=0");
  expect(await place.weft("down", "--topology", "one")).toMatchObject({ exitCode: 0 });
  expect(await value(place.host, "net.ipv4.conf.all.arp_announce")).toBe("0");
  expect(readdirSync(place.directory).filter((name) => name.endsWith(".weft"))).toEqual([]);
});

const COUNTER = `
import socket, sys
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for port, s in zip((5001, 5002), sockets):
    s.setsockopt(socket.SOL_SOCKET, 33, 16777216)
    s.bind(("0.0.0.0", port))
count = [0, 0]
print("ready", flush=True)
import select
while True:
    for s in select.select(sockets, [], [])[0]:
        data = s.recv(64)
        if data == b"end":
            print(count[0], count[1], flush=True)
            sys.exit()
        count[sockets.index(s)] += 1
`;
const SENDER = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for burst in range(200):
    for _ in range(20):
        s.sendto(b"x", ("10.0.0.1", 5001))
        s.sendto(b"x", ("10.0.0.1", 5002))
    time.sleep(0.01)
for _ in range(3):
    s.sendto(b"end", ("10.0.0.1", 5001))
`;

test.if(privileged)("while a firewall changes, what it lets in comes in, and nothing else does", async () => {
  await using place = await createTopologyPlace({ label: "walls" });
  const walled = (comment: string): string => `
topology: walled
namespaces:
  red:
    links:
      a: { peer: blue/b, addresses: [10.0.0.1/24] }
    firewall:
      input:
        policy: drop
        rules: [{ protocol: udp, ports: 5001, action: accept, comment: ${comment} }]
  blue: { links: { b: { addresses: [10.0.0.2/24] } } }
`;
  await place.up(walled("first"));
  await using counter = spawnIn(place.at("red"), ["python3", "-c", COUNTER]);
  await waitFor(() => counter.output().includes("ready"));
  let isSending = true;
  const sending = runOrThrow(place.at("blue"), ["python3", "-c", SENDER]).finally(() => {
    isSending = false;
  });
  let changes = 0;
  while (isSending) changes += (await place.up(walled(`change-${changes}`))).length;
  await sending;
  const counted = await waitFor(() => /ready\n(\d+ \d+)\n/.exec(counter.output())?.[1]);
  expect(counted).toBe("4000 0");
  expect(changes).toBeGreaterThan(5);
});
