import type { ListedNetwork, ListedSandbox, Listing } from "./listing.ts";
import type { Random } from "./random.ts";

/** One change to ask the daemon for, and how to tell afterwards whether it came about. */
export interface FaultOperation {
  readonly kind: "create network" | "remove network" | "create sandbox" | "remove sandbox" | "connect" | "disconnect";
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** `done`: wholly there; `undone`: as if never asked for; anything else says what is half made. */
  readonly outcome: (before: Listing, after: Listing) => string;
}

const MOST_NETWORKS = 6;
const MOST_SANDBOXES = 8;
let names = 0;

/** A change that makes sense in the state that is listed. */
export function chooseOperation(random: Random, listing: Listing): FaultOperation {
  const networks = listing.networks.filter(({ driver }) => ["bridge", "macvlan"].includes(driver.kind));
  const { sandboxes } = listing;
  const idle = networks.filter(({ name }) => !sandboxes.some((sandbox) => isOn(sandbox, name)));
  const joinable = sandboxes.flatMap((sandbox) =>
    networks.filter(({ name }) => !isOn(sandbox, name)).map((network) => ({ sandbox, network })),
  );
  const attached = sandboxes.flatMap((sandbox) =>
    sandbox.endpoints.map(({ networkName }) => ({ sandbox, networkName })),
  );
  const possible = [
    ...(networks.length < MOST_NETWORKS ? [() => createNetwork(random)] : []),
    ...(idle.length > 0 ? [() => removeNetwork(random.pick(idle))] : []),
    ...(sandboxes.length < MOST_SANDBOXES
      ? Array.from({ length: 3 }, () => () => createSandbox(random, networks))
      : []),
    ...(sandboxes.length > 0 ? [() => removeSandbox(random.pick(sandboxes))] : []),
    ...(joinable.length > 0 ? Array.from({ length: 2 }, () => () => connect(random, random.pick(joinable))) : []),
    ...(attached.length > 0 ? [() => disconnect(random.pick(attached))] : []),
  ];
  return random.pick(possible)();
}

/** A change that has nothing to do with any other: several may be under way at once. */
export function chooseCreation(random: Random): FaultOperation {
  return random.chance(0.5) ? createNetwork(random) : createSandbox(random, []);
}

function isOn(sandbox: ListedSandbox, network: string): boolean {
  return sandbox.endpoints.some(({ networkName }) => networkName === network);
}

function createNetwork(random: Random): FaultOperation {
  const name = `n${++names}`;
  if (random.chance(0.25)) return createMacvlan(random, name);
  const options = {
    ...(random.chance(0.2) && { "com.docker.network.bridge.enable_icc": "false" }),
    ...(random.chance(0.2) && { "com.docker.network.bridge.enable_ip_masquerade": "false" }),
    ...(random.chance(0.2) && {
      "com.docker.network.bridge.gateway_mode_ipv4": random.pick(["routed", "nat-unprotected"]),
    }),
    ...(random.chance(0.2) && {
      "com.docker.network.bridge.gateway_mode_ipv6": random.pick(["routed", "nat-unprotected"]),
    }),
    ...(random.chance(0.1) && { "com.docker.network.host_ipv4": "203.0.113.2" }),
    ...(random.chance(0.1) && { "com.docker.network.bridge.trusted_host_interfaces": "uplink0" }),
  };
  return {
    ...{ kind: "create network", method: "POST", path: "/networks" },
    body: { name, ipv6: random.chance(0.4), internal: random.chance(0.2), options },
    outcome: (_before, after) => (after.networks.some((network) => network.name === name) ? "done" : "undone"),
  };
}

/** On a link that leads nowhere, so that it takes part in nobody's default route; with a link of the host's own or without. */
function createMacvlan(random: Random, name: string): FaultOperation {
  const options = random.chance(0.5) ? { "weft.host_link": `host-${name}` } : {};
  return {
    ...{ kind: "create network", method: "POST", path: "/networks" },
    body: { name, driver: "macvlan", ipv6: random.chance(0.4), internal: true, options },
    outcome: (_before, after) => (after.networks.some((network) => network.name === name) ? "done" : "undone"),
  };
}

function removeNetwork({ name }: ListedNetwork): FaultOperation {
  return {
    ...{ kind: "remove network", method: "DELETE", path: `/networks/${name}` },
    outcome: (_before, after) => (after.networks.some((network) => network.name === name) ? "undone" : "done"),
  };
}

function createSandbox(random: Random, networks: readonly ListedNetwork[]): FaultOperation {
  const name = `s${++names}`;
  const joins = random.some(networks).slice(0, 3);
  // Where nobody comes by the host, no port of the host can lead.
  const behindHost = joins.length === 0 || joins.some(({ driver }) => driver.kind === "bridge");
  const ports =
    random.chance(0.5) && behindHost ? [{ sandboxPorts: "80" }, { protocol: "udp", sandboxPorts: "53" }] : [];
  // With a child: what a program has started must go with it.
  const command = ["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"];
  const program = random.chance(0.5) ? { process: { command, restart: "always" } } : {};
  return {
    ...{ kind: "create sandbox", method: "POST", path: "/sandboxes" },
    body: { name, ports, networks: joins.map((network) => ({ network: network.name })), ...program },
    outcome(_before, after) {
      const found = after.sandboxes.find((sandbox) => sandbox.name === name);
      if (found === undefined) return "undone";
      const missing = joins.filter((network) => !isOn(found, network.name));
      const starts = "process" in program && found.status.state === "created";
      if (starts || missing.length > 0 || found.ports.length !== ports.length)
        return `half made: ${JSON.stringify(found)}`;
      return "done";
    },
  };
}

function removeSandbox({ name, endpoints }: ListedSandbox): FaultOperation {
  return {
    ...{ kind: "remove sandbox", method: "DELETE", path: `/sandboxes/${name}?force=true` },
    outcome(_before, after) {
      const found = after.sandboxes.find((sandbox) => sandbox.name === name);
      if (found === undefined) return "done";
      return found.endpoints.length === endpoints.length ? "undone" : `half removed: ${JSON.stringify(found)}`;
    },
  };
}

interface Pair {
  readonly sandbox: ListedSandbox;
  readonly network: ListedNetwork;
}

function connect(random: Random, { sandbox, network }: Pair): FaultOperation {
  const aliases = random.chance(0.3) ? ["also"] : [];
  const gatewayPriority = random.chance(0.2) ? 0 : undefined;
  return {
    ...{ kind: "connect", method: "POST", path: `/networks/${network.name}/connect` },
    body: { sandbox: sandbox.name, aliases, ...(gatewayPriority !== undefined && { gatewayPriority }) },
    outcome: (_before, after) => onNetwork(after, sandbox.name, network.name, { there: "done", gone: "undone" }),
  };
}

function disconnect({ sandbox, networkName }: { sandbox: ListedSandbox; networkName: string }): FaultOperation {
  return {
    ...{ kind: "disconnect", method: "POST", path: `/networks/${networkName}/disconnect` },
    body: { sandbox: sandbox.name },
    outcome: (_before, after) => onNetwork(after, sandbox.name, networkName, { there: "undone", gone: "done" }),
  };
}

function onNetwork(after: Listing, sandbox: string, network: string, words: { there: string; gone: string }): string {
  const found = after.sandboxes.find(({ name }) => name === sandbox);
  if (found === undefined) return `sandbox ${sandbox} is gone altogether`;
  return isOn(found, network) ? words.there : words.gone;
}
