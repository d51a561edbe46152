import { Refusal } from "../../src/contract/plain.ts";
import { readReverseName } from "../../src/dns/zone/reverse-name.ts";
import { parseAttachment } from "../../src/doors/cli/values/attachments.ts";
import { parseVariable } from "../../src/doors/cli/values/environment.ts";
import { parseExtraHost } from "../../src/doors/cli/values/extra-host.ts";
import { parseFilter } from "../../src/doors/cli/values/filters.ts";
import { parsePublish } from "../../src/doors/cli/values/publish.ts";
import { parseDestination, parseNextHop } from "../../src/doors/cli/values/routes.ts";
import { parseSignal } from "../../src/doors/cli/values/signal.ts";
import { parseDotenv, parseRawEnvFile } from "../../src/doors/compose/dotenv.ts";
import { interpolate } from "../../src/doors/compose/interpolate.ts";
import { ComposeError, readComposeProject } from "../../src/doors/compose/mod.ts";
import { parseProjectName } from "../../src/doors/compose/project-name.ts";
import { parseRestart } from "../../src/doors/compose/restart.ts";
import { splitShellWords } from "../../src/doors/compose/shell-words.ts";
import { readRefusal } from "../../src/doors/http/json-lines.ts";
import { parseNatDestination, parsePacketMark } from "../../src/firewall-rules/mod.ts";
import { parseAddressQuestion } from "../../src/insight/address-plan/mod.ts";
import { readNeeds } from "../../src/insight/address-plan/read-needs.ts";
import { parsePlace } from "../../src/insight/place/mod.ts";
import { parseRoutingTable } from "../../src/insight/state/mod.ts";
import { boundNamespaces } from "../../src/kernel/netns/list-netns.ts";
import { parseNetnsName } from "../../src/kernel/netns/mod.ts";
import { parseDuration } from "../../src/lib/mod.ts";
import { parseDnsName, parseObjectName, parsePortPublication } from "../../src/model/mod.ts";
import * as net from "../../src/net/mod.ts";
import { parseLaunchSpec } from "../../src/processes/launch-spec.ts";
import { parseResolvConf } from "../../src/sys/mod.ts";
import { parseAlias } from "../../src/workbench/mod.ts";
import type { Target } from "../target.ts";

/** What people write in flags, fields and files: refused with one sentence, which is a `SyntaxError` or a `RangeError`. */
function parser(name: string, decode: (text: string) => unknown, samples: readonly string[]): Target {
  return { kind: "text", name, decode, samples, refuses: [SyntaxError, RangeError] };
}

const compose = `name: shop
x-common: &common { restart: always }
services:
  web:
    <<: *common
    command: ["node", "web.mjs", "\${MODE:-fast}"]
    networks:
      front: { aliases: [www], ipv4_address: 10.1.0.5, gw_priority: 10 }
      back:
    ports: ["8080:80", "127.0.0.1:9000-9009:9000-9009/udp", { target: 443, published: "8443", protocol: tcp, mode: host }]
    dns: [9.9.9.9]
    extra_hosts: ["api.example:10.0.0.1", "host.example=host-gateway"]
    depends_on: { db: { condition: service_healthy, required: false } }
    environment: { A: "1", B: }
  db:
    command: db --port 5432
    network_mode: none
    healthcheck: { test: [CMD-SHELL, "true"], interval: 1m30s, retries: 3 }
    profiles: [all]
networks:
  front: { ipam: { config: [{ subnet: 10.1.0.0/16, gateway: 10.1.0.1, ip_range: 10.1.4.0/24, aux_addresses: { a: 10.1.0.9 } }] } }
  back: { internal: true, enable_ipv6: true, driver_opts: { com.docker.network.driver.mtu: "1400" }, labels: [a=b] }
`;

const dotenv = `# a comment
A=1
export B='literal $A'
C="two
lines \\n \${A:-fallback}"
D=\${B}-$$
E
`;

const launch = JSON.stringify({ sandbox: "web", files: [], workingDirectory: "/", environment: {}, command: ["true"] });

export const textTargets: readonly Target[] = [
  parser("IP address", net.parseIpAddress, ["10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "::"]),
  parser("IP prefix", net.parseIpPrefix, ["10.0.0.0/8", "2001:db8::/48", "0.0.0.0/0", "::/0"]),
  parser("interface address", net.parseInterfaceAddress, ["10.0.0.1/8", "2001:db8::1/48"]),
  parser("address question", parseAddressQuestion, ["10.0.0.5/24", "10.0.0.5/255.255.0.0", "fd00::1/ffff::", "::1"]),
  {
    kind: "text",
    name: "list of needs",
    decode: (text) => readNeeds({ path: "needs.yaml", text }),
    samples: [
      "- { name: web, hosts: 200, families: [ipv4, ipv6], keep: [10.0.0.0/24] }\n- { name: db, length: 28, keep: fd00::/64 }\n",
      '[{"name": "web", "hosts": 200}]',
    ],
    refuses: [Refusal],
  },
  parser("MAC address", net.parseMacAddress, ["02:42:ac:11:00:02"]),
  parser("place", parsePlace, ["blue", "sandbox:blue", "netns:blue", "/run/netns/blue", "pid:4711"]),
  parser("routing table", parseRoutingTable, ["main", "local", "100"]),
  parser("address or prefix", net.parseAddressOrPrefix, ["10.0.0.1", "10.0.0.0/8", "2001:db8::/48"]),
  parser("NAT destination", parseNatDestination, ["10.0.0.2:80", "[fd00::2]:8000-8010", "fd00::2"]),
  parser("packet mark", parsePacketMark, ["7", "0x10/0xff"]),
  parser("next hop", parseNextHop, ["10.0.0.1,link=eth0,weight=2,onlink", "link=eth0"]),
  parser("destination", parseDestination, ["default", "10.0.0.0/8", "fd00::1"]),
  parser("alias of a link", parseAlias, ["uplink", "two words"]),
  parser("link name", net.parseLinkName, ["eth0", "br-0123456789ab"]),
  parser("port range", net.parsePortRange, ["80", "8000-8999"]),
  parser("object name", parseObjectName, ["web", "my_net.2"]),
  parser("DNS name", parseDnsName, ["web", "api.example.com"]),
  parser("port publication", parsePortPublication, ["80", "8080:80/udp", "127.0.0.1:1-9:1-9", "[::1]::53/udp"]),
  {
    kind: "text",
    name: "Compose file",
    decode: (text) =>
      readComposeProject({
        files: [{ path: "compose.yaml", text }],
        directory: "/srv/shop",
        environment: {},
        readText: () => undefined,
      }),
    samples: [compose],
    refuses: [ComposeError, SyntaxError],
  },
  parser("env file", (text) => parseDotenv(text, { A: "x" }), [dotenv]),
  parser("raw env file", parseRawEnvFile, ["A=1\nB=two words\nC\n"]),
  parser("interpolation", (text) => interpolate(text, { A: "1", EMPTY: "" }), [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what is interpolated
    "$A ${A} ${B:-b} ${EMPTY-c} ${A:+d} ${B+${A:-e}} $$",
  ]),
  parser("shell words", splitShellWords, [`a 'b c' "d \\" e" f\\ g`]),
  parser("restart policy", parseRestart, ["no", "on-failure:3", "unless-stopped"]),
  parser("duration", parseDuration, ["1m30s", "500ms", "1.5h"]),
  parser("project name", parseProjectName, ["shop", "my_shop-2"]),
  parser("--network", parseAttachment, ["front", "name=front,ip=10.1.0.5,alias=www,mac-address=02:00:00:00:00:01"]),
  parser("--publish", parsePublish, ["8080:80", "target=80,published=8080,protocol=tcp", "[::1]:53:53/udp"]),
  parser("--add-host", parseExtraHost, ["db:10.0.0.5", "gateway:host-gateway", "v6:[fd00::1]"]),
  parser("--filter", parseFilter, ["name=web", "label=a=b"]),
  parser("--env", parseVariable, ["A=1", "A"]),
  parser("--signal", parseSignal, ["SIGTERM", "15"]),
  parser("launch specification", parseLaunchSpec, [launch]),
  parser("resolv.conf", parseResolvConf, [
    "nameserver 9.9.9.9\nnameserver fe80::1%eth0\nsearch a b\noptions ndots:2 # x\n",
  ]),
  parser("mountinfo", boundNamespaces, ["62 61 0:4 net:[4026532246] /run/netns/a\\040b rw shared:31 - nsfs nsfs rw\n"]),
  parser("namespace name", parseNetnsName, ["blue"]),
  parser("reverse name", readReverseName, ["5.0.0.10.in-addr.arpa", `${"0.".repeat(31)}1.ip6.arpa`]),
  {
    kind: "text",
    name: "refusal of the daemon",
    decode: (text) => readRefusal(JSON.parse(text)),
    samples: ['{"error":{"kind":"not-found","message":"no"}}'],
    refuses: [SyntaxError],
  },
];
