import {
  type EndpointView,
  type EngineContract,
  type EngineEvent,
  type Health,
  type NetworkView,
  Refusal,
  type RefusedObject,
  type SandboxView,
} from "../../contract/mod.ts";
import {
  labelsFit,
  type Network,
  type NetworkDriver,
  type NetworkId,
  type PublishedPort,
  parseBridgeOptions,
  parseEndpointId,
  parseMacvlanOptions,
  parseNetworkId,
  parseSandboxId,
} from "../../model/mod.ts";
import {
  type IpAddress,
  type IpPrefix,
  ipFromValue,
  ipValue,
  makeInterfaceAddress,
  parseIpPrefix,
  parseLinkName,
  parseMacAddress,
  parsePort,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixRange,
} from "../../net/mod.ts";
import { createFeed, type Feed } from "./feed.ts";

type Input<K extends keyof EngineContract> = Parameters<EngineContract[K]>[0];

/** What the fake keeps of a sandbox; the endpoints are kept apart. */
type StoredSandbox = Omit<SandboxView, "endpoints">;

const TIME = "2026-01-02T03:04:05.000Z";

/**
 * An engine that only keeps books, for the tests of the doors: no kernel, the same ids and the same time in every run. A
 * process that it "starts" runs until it is stopped, and prints its own command as its log.
 */
export class FakeEngine implements EngineContract {
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  /** Refuses the operation of that name with that error. */
  readonly failures = new Map<string, Error>();
  readonly feed: Feed<EngineEvent> = createFeed();
  /** Of a process with a healthcheck, from its start until `setStatus` says more. */
  startHealth: Health = "healthy";
  readonly #networks = new Map<string, Network>();
  readonly #sandboxes = new Map<string, StoredSandbox>();
  readonly #endpoints = new Map<string, EndpointView>();
  readonly #told: EngineEvent[] = [];
  #serial = 0;

  async info(): ReturnType<EngineContract["info"]> {
    this.#enter("info", "");
    return {
      version: "0.0.0-fake",
      pid: 4242,
      stateDirectory: "/var/lib/weft",
      runDirectory: "/run/weft",
      networks: this.#networks.size,
      sandboxes: this.#sandboxes.size,
      endpoints: this.#endpoints.size,
      residentMemory: 64 * 1024 * 1024,
      warnings: [],
    };
  }

  async createNetwork(input: Input<"createNetwork">): Promise<NetworkView> {
    this.#enter("createNetwork", input.name);
    if (Array.from(this.#networks.values()).some(({ name }) => name === input.name)) {
      throw new Refusal("conflict", `Cannot create network ${input.name}: the name is taken`, {
        reason: { code: "name-taken", what: "network", name: input.name },
      });
    }
    const id = parseNetworkId(this.#id("a"));
    const automatic = parseIpPrefix(`172.${16 + this.#networks.size}.0.0/24`);
    const asked = input.subnets.length > 0 || input.driver !== "bridge" ? input.subnets : [{ prefix: automatic }];
    const network: Network = {
      id,
      name: input.name,
      created: TIME,
      driver: driverOf(input, id),
      subnets: asked.map(({ prefix = automatic, gateway, range, auxiliary = {} }) => ({
        prefix,
        gateway: gateway ?? nth(prefix, 1n),
        auxiliary,
        ...(range !== undefined && { range }),
      })),
      internal: input.internal,
      attachable: input.attachable,
      ipamOptions: input.ipamOptions,
      options: input.options,
      labels: input.labels,
    };
    this.#networks.set(id, network);
    this.#tell("network-create", { network });
    return this.#networkView(network);
  }

  async listNetworks(): Promise<readonly NetworkView[]> {
    this.#enter("listNetworks", "");
    return Array.from(this.#networks.values(), (network) => this.#networkView(network));
  }

  async getNetwork({ network }: Input<"getNetwork">): Promise<NetworkView> {
    this.#enter("getNetwork", network);
    return this.#networkView(this.#network(network));
  }

  async removeNetwork({ network }: Input<"removeNetwork">): Promise<null> {
    const found = this.#network(network);
    this.#enter("removeNetwork", found.name);
    const [holder] = this.#networkView(found).endpoints;
    if (holder !== undefined) {
      throw new Refusal("in-use", `Cannot remove network ${found.name}: sandbox ${holder.sandboxName} is on it`, {
        reason: {
          code: "has-endpoints",
          network: found.name,
          endpoints: [{ sandbox: holder.sandboxName, id: holder.id }],
        },
      });
    }
    this.#networks.delete(found.id);
    this.#tell("network-remove", { network: found });
    return null;
  }

  async pruneNetworks(request: Input<"pruneNetworks">): Promise<readonly string[]> {
    const { createdBefore = Number.POSITIVE_INFINITY } = request;
    this.#enter("pruneNetworks", "");
    const idle = Array.from(this.#networks.values()).filter(
      (network) =>
        this.#networkView(network).endpoints.length === 0 &&
        Date.parse(network.created) <= createdBefore &&
        labelsFit(network.labels, request),
    );
    for (const { id } of idle) this.#networks.delete(id);
    return idle.map(({ name }) => name);
  }

  async connect(input: Input<"connect">): Promise<EndpointView> {
    const network = this.#network(input.network);
    const sandbox = this.#sandbox(input.sandbox);
    this.#enter("connect", `${network.name} ${sandbox.name}`);
    if (Array.from(this.#endpoints.values()).some((e) => e.network === network.id && e.sandbox === sandbox.id)) {
      throw new Refusal("conflict", `Cannot connect ${sandbox.name} to network ${network.name}: it is on it already`, {
        reason: { code: "connected", network: network.name, sandbox: sandbox.name },
      });
    }
    const sequence = this.#endpoints.size + 1;
    const asked = [input.ipv4, input.ipv6].filter((address) => address !== undefined);
    const endpoint: EndpointView = {
      id: parseEndpointId(this.#id("e")),
      network: network.id,
      networkName: network.name,
      sandbox: sandbox.id,
      sandboxName: sandbox.name,
      sequence,
      interfaceName: input.interfaceName ?? parseLinkName(`eth${this.#endpointsOf(sandbox.id).length}`),
      hostLink: parseLinkName(`veth${sequence}`),
      mac: input.mac ?? parseMacAddress("02:42:00:00:00:02"),
      addresses: network.subnets.map(({ prefix }) => {
        const own = asked.find((address) => address.includes(":") === (prefixFamily(prefix) === "ipv6"));
        return makeInterfaceAddress(own ?? this.#freeAddress(network, prefix), prefixLength(prefix));
      }),
      linkLocalAddresses: [],
      aliases: input.aliases,
      links: input.links,
      gatewayPriority: input.gatewayPriority,
      driverOptions: input.driverOptions,
    };
    this.#endpoints.set(endpoint.id, endpoint);
    this.#tell("connect", { network, sandbox });
    return endpoint;
  }

  async disconnect(input: Input<"disconnect">): Promise<null> {
    const network = this.#network(input.network);
    const sandbox = this.#sandbox(input.sandbox);
    this.#enter("disconnect", `${network.name} ${sandbox.name}`);
    const found = this.#endpointsOf(sandbox.id).find((endpoint) => endpoint.network === network.id);
    if (found === undefined) {
      throw new Refusal(
        "not-found",
        `Cannot disconnect ${sandbox.name} from network ${network.name}: it is not on it`,
        {
          reason: { code: "not-connected", network: network.name, sandbox: sandbox.id },
        },
      );
    }
    this.#endpoints.delete(found.id);
    this.#tell("disconnect", { network, sandbox });
    return null;
  }

  async createSandbox(input: Input<"createSandbox">): Promise<SandboxView> {
    this.#enter("createSandbox", input.name);
    if (Array.from(this.#sandboxes.values()).some(({ name }) => name === input.name)) {
      throw new Refusal("conflict", `Cannot create sandbox ${input.name}: the name is taken`);
    }
    const networks = input.networks.map(({ network }) => this.#network(network));
    const id = parseSandboxId(this.#id("b"));
    const { namespace } = input;
    const sandbox: StoredSandbox = {
      id,
      name: input.name,
      created: TIME,
      namespace:
        namespace.kind === "path"
          ? { kind: "foreign", path: namespace.path }
          : namespace.kind === "pid"
            ? { kind: "foreign", path: `/proc/${namespace.pid}/ns/net` }
            : namespace.kind === "shared"
              ? { kind: "shared", sandbox: this.#sandbox(namespace.sandbox).id }
              : { kind: namespace.kind },
      hostname: input.hostname ?? id.slice(0, 12),
      resolver: input.resolver,
      extraHosts: input.extraHosts,
      ports: input.ports.flatMap((port): readonly PublishedPort[] => [
        {
          protocol: port.protocol,
          hostPort: port.hostPorts?.first ?? parsePort(32768),
          sandboxPort: port.sandboxPorts.first,
          ...(port.hostAddress !== undefined && { hostAddress: port.hostAddress }),
        },
      ]),
      labels: input.labels,
      autoRemove: input.autoRemove,
      netnsPath: `/run/weft/netns/${id}`,
      status: { state: "created" },
      ...(input.process !== undefined && { process: strip(input.process) }),
    };
    this.#sandboxes.set(id, sandbox);
    this.#tell("sandbox-create", { sandbox });
    for (const [index, endpoint] of input.networks.entries()) {
      await this.connect({ ...endpoint, network: networks[index]?.id ?? endpoint.network, sandbox: id });
    }
    return input.start ? this.startSandbox({ sandbox: id }) : this.#sandboxView(sandbox);
  }

  async listSandboxes(): Promise<readonly SandboxView[]> {
    this.#enter("listSandboxes", "");
    return Array.from(this.#sandboxes.values(), (sandbox) => this.#sandboxView(sandbox));
  }

  async getSandbox({ sandbox }: Input<"getSandbox">): Promise<SandboxView> {
    this.#enter("getSandbox", sandbox);
    return this.#sandboxView(this.#sandbox(sandbox));
  }

  async startSandbox({ sandbox }: Input<"startSandbox">): Promise<SandboxView> {
    const found = this.#sandbox(sandbox);
    this.#enter("startSandbox", found.name);
    const health = found.process?.healthcheck !== undefined && { health: this.startHealth };
    const pid = found.process !== undefined && { pid: 1000 + this.#serial };
    return this.setStatus(found.name, { state: "running", startedAt: TIME, ...pid, ...health });
  }

  async stopSandbox({ sandbox }: Input<"stopSandbox">): Promise<SandboxView> {
    const found = this.#sandbox(sandbox);
    this.#enter("stopSandbox", found.name);
    return this.setStatus(found.name, { state: "exited", exitCode: 143, startedAt: TIME, finishedAt: TIME });
  }

  async removeSandbox({ sandbox, force }: Input<"removeSandbox">): Promise<null> {
    const found = this.#sandbox(sandbox);
    this.#enter("removeSandbox", found.name);
    if (found.status.state === "running" && found.process !== undefined && !force) {
      throw new Refusal("in-use", `Cannot remove sandbox ${found.name}: it runs, want it stopped or force`);
    }
    for (const endpoint of this.#endpointsOf(found.id)) this.#endpoints.delete(endpoint.id);
    this.#sandboxes.delete(found.id);
    this.#tell("sandbox-remove", { sandbox: found });
    return null;
  }

  async prepareExec({ sandbox, command }: Input<"prepareExec">): ReturnType<EngineContract["prepareExec"]> {
    const found = this.#sandbox(sandbox);
    this.#enter("prepareExec", `${found.name} ${command.join(" ")}`);
    return { spec: JSON.stringify({ command }) };
  }

  async *logs({ sandbox, follow, tail }: Input<"logs">): AsyncGenerator<{ readonly text: string }> {
    this.#enter("logs", sandbox);
    const lines = (this.#sandbox(sandbox).process?.command ?? []).slice(-(tail ?? Number.MAX_SAFE_INTEGER));
    for (const text of tail === 0 ? [] : lines) yield { text };
    if (follow)
      for await (const event of this.feed.subscribe()) if (event.detail !== undefined) yield { text: event.detail };
  }

  /** All of its events have one time, so a span holds all or none; one with an end has no more than it has by then. */
  events({ since, until }: Input<"events">): AsyncIterable<EngineEvent> {
    this.#enter("events", "");
    const time = Date.parse(TIME);
    const isAsked = since !== undefined || until !== undefined;
    const told = isAsked && time >= (since ?? time) && time <= (until ?? time) ? [...this.#told] : [];
    if (until !== undefined) return only(told);
    return told.length === 0 ? this.feed.subscribe() : only(told, this.feed.subscribe());
  }

  // What other engines ask for concerns the kernel: it is tested with the real one.
  readonly createExternalEndpoint = lacking;
  readonly joinExternalEndpoint = lacking;
  readonly publishExternalPorts = lacking;
  readonly withdrawExternalPorts = lacking;
  readonly leaveExternalEndpoint = lacking;
  readonly removeExternalEndpoint = lacking;
  readonly nameExternal = lacking;
  readonly reservePool = lacking;
  readonly releasePool = lacking;
  readonly reserveAddress = lacking;
  readonly releaseAddress = lacking;

  /** What a process that ends, or a healthcheck, does on its own. */
  setStatus(name: string, status: SandboxView["status"]): SandboxView {
    const before = this.#sandbox(name);
    const found = { ...before, status };
    this.#sandboxes.set(found.id, found);
    const goesOn = before.status.state === "running" && status.state === "running";
    const kind = goesOn ? "sandbox-health" : status.state === "running" ? "sandbox-start" : "sandbox-exit";
    this.#tell(kind, { sandbox: found });
    return this.#sandboxView(found);
  }

  #enter(operation: string, subject: string): void {
    if (!/^(get|list|info|logs|events)/.test(operation)) this.calls.push(`${operation} ${subject}`.trim());
    const failure = this.failures.get(operation) ?? this.failures.get(`${operation} ${subject}`);
    if (failure !== undefined) throw failure;
  }

  #tell(
    kind: EngineEvent["kind"],
    { network, sandbox }: { readonly network?: Network; readonly sandbox?: StoredSandbox },
  ): void {
    const event: EngineEvent = {
      kind,
      time: TIME,
      ...(network !== undefined && { network: network.name, networkId: network.id, driver: network.driver.kind }),
      ...(sandbox !== undefined && { sandbox: sandbox.name, sandboxId: sandbox.id, labels: sandbox.labels }),
    };
    this.#told.push(event);
    this.feed.publish(event);
  }

  /** The lowest after the gateway's. */
  #freeAddress(network: Network, prefix: IpPrefix): IpAddress {
    const taken = new Set(
      this.#networkView(network).endpoints.flatMap(({ addresses }) => addresses.map(prefixAddress)),
    );
    for (let index = 2n; ; index++) {
      const address = nth(prefix, index);
      if (!taken.has(address)) return address;
    }
  }

  #id(digit: string): string {
    return (digit + (++this.#serial).toString(16).padStart(11, "0")).padEnd(64, digit);
  }

  #network(reference: string): Network {
    return find(this.#networks.values(), reference, "network");
  }

  #sandbox(reference: string): StoredSandbox {
    return find(this.#sandboxes.values(), reference, "sandbox");
  }

  #endpointsOf(sandbox: string): readonly EndpointView[] {
    return Array.from(this.#endpoints.values()).filter((endpoint) => endpoint.sandbox === sandbox);
  }

  #networkView(network: Network): NetworkView {
    return {
      ...network,
      endpoints: Array.from(this.#endpoints.values()).filter((endpoint) => endpoint.network === network.id),
    };
  }

  #sandboxView(sandbox: StoredSandbox): SandboxView {
    return { ...sandbox, endpoints: this.#endpointsOf(sandbox.id) };
  }
}

async function lacking(): Promise<never> {
  throw new Refusal("unsupported", "Cannot serve another engine: this one only keeps books");
}

function find<T extends { readonly id: string; readonly name: string }>(
  all: Iterable<T>,
  reference: string,
  what: RefusedObject,
): T {
  const list = Array.from(all);
  const found =
    list.find(({ id, name }) => name === reference || id === reference) ??
    list.find(({ id }) => reference.length > 3 && id.startsWith(reference));
  if (found === undefined)
    throw new Refusal("not-found", `Cannot find ${what} ${JSON.stringify(reference)}: no ${what} has that name or id`, {
      reason: { code: "unknown", what, reference },
    });
  return found;
}

function nth(prefix: IpPrefix, index: bigint): IpAddress {
  return ipFromValue(prefixFamily(prefix), ipValue(prefixRange(prefix).first) + index);
}

/** zod's optional fields may be present and undefined; the model's may not. */
function strip(process: NonNullable<Input<"createSandbox">["process"]>): NonNullable<SandboxView["process"]> {
  const { user, healthcheck, ...rest } = process;
  return { ...rest, ...(user !== undefined && { user }), ...(healthcheck !== undefined && { healthcheck }) };
}

async function* only<T>(first: readonly T[], then: AsyncIterable<T> | undefined = undefined): AsyncGenerator<T> {
  yield* first;
  if (then !== undefined) yield* then;
}

function driverOf({ name, driver, options }: Input<"createNetwork">, id: NetworkId): NetworkDriver {
  switch (driver) {
    case "bridge":
      return { kind: "bridge", settings: parseBridgeOptions(options, id) };
    case "macvlan": {
      const { hostLink: _hostLink, parent = parseLinkName("eth0"), ...settings } = parseMacvlanOptions(options);
      return {
        kind: "macvlan",
        settings: { ...settings, parent: { kind: "host", name: parent }, ipamDriver: "default" },
      };
    }
    case "host":
    case "none":
      return { kind: driver };
    case "ipvlan":
    case "overlay":
      throw new Refusal("unsupported", `Cannot create network ${name}: driver ${driver} is not served here`);
  }
}
