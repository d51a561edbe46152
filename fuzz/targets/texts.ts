import { Refusal } from "../../src/contract/mod.ts";
import { ComposeError, readComposeProject } from "../../src/doors/compose/mod.ts";
import { parseInput } from "../../src/doors/http/mod.ts";
import { parseDnsName, parseObjectName, parsePortPublication } from "../../src/model/mod.ts";
import * as net from "../../src/net/mod.ts";
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

const bodies = [
  JSON.stringify({
    name: "web",
    networks: [
      { network: "front", ipv4: "10.1.0.5", aliases: ["www"], mac: "02:00:00:00:00:01", interfaceName: "eth7" },
    ],
    ports: [{ protocol: "tcp", hostAddress: "127.0.0.1", hostPorts: "8080", sandboxPorts: "80" }],
    process: { command: ["sleep", "1"], environment: { A: "1" }, healthcheck: { command: ["true"] } },
    extraHosts: [{ name: "api", address: "host-gateway" }],
  }),
];

export const textTargets: readonly Target[] = [
  parser("IP address", net.parseIpAddress, ["10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "::"]),
  parser("IP prefix", net.parseIpPrefix, ["10.0.0.0/8", "2001:db8::/48", "0.0.0.0/0", "::/0"]),
  parser("interface address", net.parseInterfaceAddress, ["10.0.0.1/8", "2001:db8::1/48"]),
  parser("MAC address", net.parseMacAddress, ["02:42:ac:11:00:02"]),
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
  {
    kind: "text",
    name: "HTTP body of a new sandbox",
    // The server parses the JSON itself, with an error of its own.
    decode: (text) => parseInput("createSandbox", JSON.parse(text)),
    samples: bodies,
    refuses: [Refusal, SyntaxError],
  },
];
