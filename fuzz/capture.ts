/**
 * Asks a real kernel for one of everything, and keeps its messages in fuzz/corpus: what the decoders of netlink start from. To run
 * again after a decoder has learned something new. As root: it makes and removes namespaces of its own.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openConnection } from "../src/netlink/connection/mod.ts";
import { inetSocketsRequest, unixSocketsRequest } from "../src/netlink/sockdiag/mod.ts";
import { openNetns, readIptablesTable } from "../src/sys/mod.ts";
import { createHost, runOrThrow, spawnIn, waitFor } from "../test/support/mod.ts";

const links = `
link add br0 type bridge
link add veth0 index 100 type veth peer name veth1
link set veth0 master br0
link add mac0 link veth1 type macvlan mode bridge
link add vx0 type vxlan id 42 local 192.0.2.1 dstport 4789 nolearning
link add ifb0 type ifb
link set br0 up
link set veth0 up alias weft
link set veth1 up
link property add dev veth0 altname a-rather-long-alternative-name
addr add 192.0.2.1/24 dev br0
addr add 2001:db8::1/64 dev br0 nodad
route add 198.51.100.0/24 nexthop via 192.0.2.2 weight 1 nexthop via 192.0.2.3 weight 2
route add 2001:db8:1::/48 via 2001:db8::2 metric 5 mtu 1400
route add unreachable 203.0.113.0/24
route add default via 192.0.2.254 table 100
rule add from 192.0.2.0/24 fwmark 0x1/0xff table 100 priority 1000
rule add iif br0 to 198.51.100.0/24 lookup 100
neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev br0
neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev br0 nud permanent
`;

const ruleset = `
table inet weft {
    map published { typeof ip daddr . meta l4proto . th dport : ip daddr . th dport; flags interval; elements = { 192.0.2.1 . tcp . 8080-8089 : 10.0.0.2 . 80 } }
  set isolated { type ifname; elements = { "br0", "br1" } }
  set recent { type ipv4_addr; flags dynamic,timeout; timeout 1m; }
  map jumps { type ifname : verdict; elements = { "br0" : jump inside, "br1" : drop } }
  chain inside { counter accept; }
  chain forward { type filter hook forward priority filter; policy accept;
    ct state established,related accept comment "first"
    iifname vmap @jumps
    meta mark & 0xff == 0x1 ct mark set meta mark
    ip saddr 10.0.0.0/8 add @recent { ip saddr limit rate 10/second } log prefix "weft " group 5
    fib daddr type local limit rate over 5/minute burst 3 packets reject with icmpx admin-prohibited
    meta nftrace set 1 th dport { 53, 80, 8000-8999 } counter
  }
  chain prerouting { type nat hook prerouting priority dstnat;
    meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @published
    meta nfproto ipv6 dnat ip6 to numgen random mod 2 map { 0 : 2001:db8::2, 1 : 2001:db8::3 }
    tcp dport 99 redirect to :1000-1010
  }
  chain postrouting { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.0/24 oifname != "br0" masquerade fully-random
    ip saddr 10.0.1.0/24 ip protocol tcp snat to 192.0.2.1:1024-2048
  }
}
table ip foreign { chain input { type filter hook input priority 0; policy drop; iifname "lo" accept; jhash ip saddr mod 4 vmap { 0 : accept }; }; }
`;

const rtnetlink = {
  link: { type: 18, header: 16 },
  address: { type: 22, header: 8 },
  route: { type: 26, header: 12 },
  neighbour: { type: 30, header: 12 },
  rule: { type: 34, header: 12 },
  qdisc: { type: 38, header: 20 },
};
const nftables = { table: 1, chain: 4, rule: 7, set: 10, generation: 16 };

await using host = await createHost({ label: "capture" });
await runOrThrow(host, "ip -batch -", { stdin: links });
await runOrThrow(host, "tc qdisc add dev veth0 root tbf rate 10mbit burst 32kbit latency 50ms");
await runOrThrow(host, "nft -f -", { stdin: ruleset });
await runOrThrow(host, "ping -c 1 -W 1 192.0.2.1");
using netns = openNetns(host.netnsPath);

{
  using connection = openConnection({ protocol: "route", netns });
  for (const [name, { type, header }] of Object.entries(rtnetlink)) {
    const answers = connection.dump(`list ${name}s`, { type, flags: 0, payload: new Uint8Array(header) });
    await keep(`rtnetlink-${name}`, answers);
  }
  const bridge = Uint8Array.of(7, ...new Uint8Array(15)); // AF_BRIDGE
  await keep("rtnetlink-bridge-port", connection.dump("list bridge ports", { type: 18, flags: 0, payload: bridge }));
  await keep("rtnetlink-fdb", connection.dump("list FDB", { type: 30, flags: 0, payload: bridge.slice(0, 12) }));
}
{
  using connection = openConnection({ protocol: "netfilter", netns });
  for (const [name, message] of Object.entries(nftables)) {
    const request = { type: (10 << 8) | message, flags: 0, payload: new Uint8Array(4) };
    const isDump = name !== "generation";
    await keep(
      `nftables-${name}`,
      isDump ? connection.dump(`list ${name}s`, request) : connection.query(name, request),
    );
  }
  const elements = ["published", "isolated", "recent", "jumps"].flatMap((set) => {
    const payload = new Uint8Array([1, 0, 0, 0, ...text(1, "weft"), ...text(2, set)]); // NFPROTO_INET
    return connection.dump(`list elements of ${set}`, { type: (10 << 8) | 13, flags: 0, payload });
  });
  await keep("nftables-elements", elements);
  const conntrack = { type: (1 << 8) | 1, flags: 0, payload: new Uint8Array(4) };
  await keep("conntrack-flow", connection.dump("list flows", conntrack));
}
{
  await using _server = spawnIn(host, ["socat", "TCP6-LISTEN:8080,fork", "SYSTEM:cat"]);
  await using _pipe = spawnIn(host, ["socat", "UNIX-LISTEN:/tmp/weft-capture.sock,unlink-early", "-"]);
  await waitFor(() => existsSync("/tmp/weft-capture.sock"));
  await using client = spawnIn(host, ["socat", "-", "TCP:127.0.0.1:8080"]);
  client.write("hello");
  await waitFor(() => client.output() === "hello", { what: "an answer, and so a connection" });
  using connection = openConnection({ protocol: "sock_diag", netns });
  const families = [2, 10].map((family) => connection.dump("list TCP sockets", inetSocketsRequest(family, 6)));
  await keep("sockdiag-inet", families.flat());
  await keep("sockdiag-unix", connection.dump("list unix sockets", unixSocketsRequest()));
}
{
  const script = `
    iptables-legacy -N DOCKER-USER; iptables-legacy -A FORWARD -j DOCKER-USER
    iptables-legacy -A INPUT ! -s 10.0.0.0/8 -i eth+ -p tcp --dport 80 -m comment --comment x -j DROP
    ip6tables-legacy -A INPUT -s 2001:db8::/32 -p udp --dport 53:54 -j ACCEPT`;
  await runOrThrow(host, ["sh", "-ec", script]);
  for (const family of ["ipv4", "ipv6"] as const) {
    const table = readIptablesTable(family, "filter", netns);
    const bytes = table === undefined ? [] : [...table.info, ...table.entries];
    await keep(`iptables-${family}`, [{ payload: Uint8Array.from(bytes) }]);
  }
}

/** An attribute that holds a NUL-terminated text. */
function text(type: number, value: string): readonly number[] {
  const bytes = [...Buffer.from(`${value}\0`)];
  const padding = new Array<number>((4 - (bytes.length % 4)) % 4).fill(0);
  return [bytes.length + 4, 0, type, 0, ...bytes, ...padding];
}

async function keep(name: string, messages: readonly { readonly payload: Uint8Array }[]): Promise<void> {
  const lines = new Set(messages.map(({ payload }) => Buffer.from(payload).toString("hex")));
  await Bun.write(join(import.meta.dir, "corpus", `${name}.hex`), `${[...lines].join("\n")}\n`);
  process.stderr.write(`${name}: ${lines.size} messages\n`);
}
