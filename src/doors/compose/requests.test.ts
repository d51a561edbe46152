import { expect, test } from "bun:test";
import { operations } from "../../contract/mod.ts";
import { readText } from "./compose-fixture.ts";
import { networkRequest, sandboxRequest } from "./mod.ts";

const project = readText(`
services:
  web:
    command: run it
    user: nobody
    hostname: www
    domainname: example.org
    networks: {front: {ipv4_address: 10.0.0.9, aliases: [w], gw_priority: 3}, shared: }
    ports: ["127.0.0.1:8000-8001:80-81/udp", "90"]
    extra_hosts: {gw: host-gateway}
    healthcheck: {test: x}
    labels: {a: b}
  side: {command: x, network_mode: "service:web"}
  bare: {command: x, network_mode: none}
  wide: {command: x, network_mode: host}
networks:
  front: {internal: true, ipam: {config: [{subnet: 10.0.0.0/24, aux_addresses: {r: 10.0.0.2}}]}}
  shared: {external: true}
`);

test("what is asked for passes the contract", () => {
  for (const network of project.networks) operations.createNetwork.input.parse(networkRequest(project, network));
  for (const service of project.services) operations.createSandbox.input.parse(sandboxRequest(project, service));
});

test("networks and services carry the project's labels and real names", () => {
  const [front] = project.networks;
  expect<unknown>(front && networkRequest(project, front)).toEqual({
    name: "shop_front",
    driver: "bridge",
    subnets: [{ prefix: "10.0.0.0/24", auxiliary: { r: "10.0.0.2" } }],
    ipv4: true,
    internal: true,
    attachable: false,
    options: {},
    labels: { "com.docker.compose.project": "shop", "com.docker.compose.network": "front" },
  });
  const [web, side, bare, wide] = project.services.map((service) => sandboxRequest(project, service));
  expect<unknown>(web).toMatchObject({
    name: "shop-web-1",
    namespace: { kind: "own" },
    networks: [
      { network: "shop_front", ipv4: "10.0.0.9", aliases: ["web", "w"], gatewayPriority: 3 },
      { network: "shared", aliases: ["web"] },
    ],
    ports: [
      { protocol: "udp", hostAddress: "127.0.0.1", hostPorts: "8000-8001", sandboxPorts: "80-81" },
      { protocol: "tcp", sandboxPorts: "90" },
    ],
    labels: { a: "b", "com.docker.compose.project": "shop", "com.docker.compose.service": "web" },
    process: { command: ["run", "it"], user: "nobody", healthcheck: { command: ["/bin/sh", "-c", "x"] } },
  });
  expect(side?.namespace).toEqual({ kind: "shared", sandbox: "shop-web-1" });
  expect(bare).toMatchObject({ namespace: { kind: "own" }, networks: [] });
  expect(wide?.namespace).toEqual({ kind: "host" });
});
