import { type OperationName, operations, Refusal } from "../../src/contract/mod.ts";
import { parseInput } from "../../src/doors/http/mod.ts";
import type { Target } from "../target.ts";

const endpoint = {
  network: "front",
  ipv4: "10.1.0.5",
  ipv6: "fd00::5",
  mac: "02:00:00:00:00:01",
  aliases: ["www"],
  interfaceName: "eth7",
  gatewayPriority: 10,
  driverOptions: { "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.rp_filter=2" },
};
const sandbox = {
  name: "web",
  namespace: { kind: "path", path: "/run/netns/web" },
  networks: [endpoint],
  hostname: "web",
  resolver: { servers: ["9.9.9.9"], search: ["example.com"], options: ["ndots:2"] },
  extraHosts: [{ name: "api", address: "host-gateway" }],
  ports: [{ protocol: "tcp", hostAddress: "127.0.0.1", hostPorts: "8080", sandboxPorts: "80" }],
  labels: { a: "b" },
  process: {
    command: ["sleep", "1"],
    environment: { A: "1" },
    restart: "on-failure",
    healthcheck: { command: ["true"], retries: 2 },
  },
};
const id = "0a1b2c3d".repeat(8);
const subnet = { prefix: "10.1.0.0/16", gateway: "10.1.0.1", range: "10.1.4.0/24", auxiliary: { a: "10.1.0.9" } };

/** One good request for each thing that a door may ask. */
const requests: Readonly<Record<OperationName, object>> = {
  info: {},
  createNetwork: { name: "front", subnets: [subnet, { prefix: "fd00::/64" }], options: { a: "b" }, internal: true },
  listNetworks: {},
  getNetwork: { network: "front" },
  removeNetwork: { network: "front" },
  pruneNetworks: { labels: ["a=b"] },
  connect: { ...endpoint, sandbox: "web" },
  disconnect: { network: "front", sandbox: "web", force: true },
  createSandbox: sandbox,
  listSandboxes: {},
  getSandbox: { sandbox: "web" },
  startSandbox: { sandbox: "web" },
  stopSandbox: { sandbox: "web", timeoutMs: 100 },
  removeSandbox: { sandbox: "web", force: true },
  prepareExec: { sandbox: "web", command: ["ls", "-l"], environment: { A: "1" }, user: "1000:1000" },
  logs: { sandbox: "web", follow: true, tail: 10 },
  createExternalEndpoint: { endpoint: id, network: "front", addresses: ["10.1.0.2/16"], mac: "02:42:ac:11:00:02" },
  joinExternalEndpoint: { endpoint: id, key: "/run/docker/netns/1a2b" },
  publishExternalPorts: { endpoint: id, ports: [{ sandboxPorts: "80", hostPorts: "8000-8010" }] },
  withdrawExternalPorts: { endpoint: id },
  leaveExternalEndpoint: { endpoint: id },
  removeExternalEndpoint: { endpoint: id },
  nameExternal: { owner: "docker", networks: [{ id, name: "front" }], endpoints: [{ id, name: "web" }] },
  reservePool: { family: "ipv4", prefix: "10.1.0.0/16", range: "10.1.4.0/24" },
  releasePool: { pool: "10.1.0.0/16" },
  reserveAddress: { pool: "10.1.0.0/16", address: "10.1.0.9" },
  releaseAddress: { pool: "10.1.0.0/16", address: "10.1.0.9" },
  events: {},
};

const names = Object.keys(operations) as readonly OperationName[]; // the keys of a constant

/** What comes in by HTTP, held against the contract. The server reads the JSON itself, with an error of its own. */
export const inputTargets: readonly Target[] = names.map((name) => ({
  kind: "text",
  name: `HTTP input of ${name}`,
  decode: (text) => parseInput(name, JSON.parse(text)),
  samples: [JSON.stringify(requests[name])],
  refuses: [Refusal, SyntaxError],
}));
