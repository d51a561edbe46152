import {
  ask,
  type CniAnswer,
  type CniHost,
  type Container,
  createCniHost,
  outsideAddresses,
  type Place,
  pings,
  REFERENCE_PLUGINS,
  runOrThrow,
  serve,
  witness,
} from "../support/mod.ts";
import type { Call, Packets, Plugin, Scenario } from "./cni-scenarios.ts";

/** What was seen, by the step that it was seen after, without what no two runs have alike. */
export type Seen = Readonly<Record<string, unknown>>;

/** One side of the comparison, in a host of its own: the reference plugins, or ours under their names. */
export class Side implements AsyncDisposable {
  readonly #cni: CniHost;
  readonly #isReference: boolean;
  #spare: Container | undefined;

  private constructor(cni: CniHost, isReference: boolean) {
    this.#cni = cni;
    this.#isReference = isReference;
  }

  static async open(who: "reference" | "ours"): Promise<Side> {
    return new Side(await createCniHost(`cni-${who}`), who === "reference");
  }

  /** One call that is refused, or makes nothing. */
  async call({ command = "ADD", type, config, variables = {} }: Call): Promise<Seen> {
    this.#spare ??= await this.#cni.container();
    const container = this.#spare;
    const answer = await this.#ask({ command, type, config, container, variables });
    const left = await linksOf(container);
    if (command === "ADD" && answer.exitCode === 0) {
      await this.#ask({ command: "DEL", type, config, container, variables });
    }
    if ((await linksOf(container)).includes("eth0")) await runOrThrow(container, "ip link delete eth0");
    return { ...outcomeOf(answer), left };
  }

  /** All of an attachment's life. */
  async live(scenario: Scenario): Promise<Seen> {
    const { packets, meddle, before, versions = ["1.0.0"] } = scenario;
    const [container, neighbour] = [await this.#cni.container(), await this.#cni.container()];
    if (before !== undefined) await runOrThrow(this.#cni.host, before);
    const seen: Record<string, unknown> = {};
    for (const version of versions.slice(1)) {
      const early = this.#attachment(scenario, container, version);
      seen[`ADD ${version}`] = await early.add();
      seen[`DEL ${version}`] = await early.del();
    }
    const [version = ""] = versions;
    const one = this.#attachment(scenario, container, version);
    seen["ADD"] = await one.add();
    if (packets.neighbour !== undefined) {
      const plugins = scenario.plugins.map(({ runtimeConfig: _, ...rest }) => rest);
      seen["ADD of a neighbour"] = await this.#attachment({ plugins }, neighbour, version).add();
    }
    seen["container"] = await lookInside(container);
    seen["host"] = await this.#lookAround();
    seen["packets"] = await this.#send(packets, container, neighbour);
    seen["CHECK"] = await one.each("CHECK");
    seen["ADD again"] = await one.again();
    seen["CHECK then"] = await one.each("CHECK");
    if (meddle !== undefined) {
      await runOrThrow(meddle.in === "host" ? this.#cni.host : container, meddle.command);
      seen["CHECK after meddling"] = await one.each("CHECK");
    }
    seen["DEL"] = await one.del();
    seen["left"] = await linksOf(container);
    seen["DEL again"] = await one.del();
    seen["ADD after DEL"] = await one.add();
    seen["DEL without prevResult"] = await one.del({ withoutResult: true });
    seen["left then"] = await linksOf(container);
    await one.add();
    seen["DEL without a namespace"] = await one.del({ variables: { CNI_NETNS: "" } });
    seen["DEL of a namespace that is gone"] = await one.del({ variables: { CNI_NETNS: "/run/netns/never-was" } });
    return seen;
  }

  #attachment(scenario: Pick<Scenario, "plugins" | "variables">, container: Container, version: string): Attachment {
    return new Attachment(scenario.plugins, version, ({ plugin, config, command, variables }) =>
      this.#ask({
        ...{ command, type: plugin.type, config, container },
        variables: { ...scenario.variables, ...variables },
      }),
    );
  }

  async #ask({
    command,
    type,
    config,
    container,
    variables = {},
  }: Required<Pick<Call, "command" | "type" | "config">> & {
    readonly container: Container;
    readonly variables?: Call["variables"];
  }): Promise<CniAnswer> {
    const text = typeof config === "string" ? config : JSON.stringify(config);
    return this.#cni.call({
      ...{ command, container },
      config: readJson(text.replaceAll("$RUN", this.#cni.runDirectory)),
      ...(this.#isReference && { reference: type }),
      variables: { CNI_PATH: this.#isReference ? REFERENCE_PLUGINS : this.#cni.pluginDirectory, ...variables },
    });
  }

  async #lookAround(): Promise<unknown> {
    const { host } = this.#cni;
    const links = ((await witness(host, "ip -j -d addr show")) as IpLink[]).filter(
      ({ ifname }) => !["lo", "uplink0"].includes(ifname),
    );
    const shaping = links.filter(({ ifname }) => ifname.startsWith("bwp"));
    const routes = (await routesOf(host)).filter(({ dev }) => dev !== "uplink0");
    return normal({
      "ifb links": shaping.length,
      links: links
        .filter((link) => !shaping.includes(link))
        .map(({ master, linkinfo, promiscuity = 0, ...link }) => ({
          ...shapeOf(link),
          ...(master !== undefined && { master }),
          ...(linkinfo?.info_slave_data !== undefined && pickPort(linkinfo.info_slave_data)),
          ...(linkinfo?.info_kind === "bridge" && { promiscuous: promiscuity > 0 }),
        }))
        .toSorted(byText),
      routes: routes.toSorted(byText),
      forwarding: await witness(host, "sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding"),
    });
  }

  async #send(packets: Packets, container: Container, neighbour: Container): Promise<Seen> {
    const { host, outside } = this.#cni;
    const seen: Record<string, unknown> = {};
    const targets = {
      gateway: () => gatewaysOf(container),
      neighbour: () => addressesOf(neighbour),
      outside: async () => [outsideAddresses.outside.ipv4],
      outside6: async () => [outsideAddresses.outside.ipv6],
    };
    for (const [name, find] of Object.entries(targets) as [keyof typeof targets, () => Promise<readonly string[]>][]) {
      const expected = packets[name];
      if (expected === undefined) continue;
      const answers = (await find()).map((address) => pings(container, address, { expected }));
      seen[name] = await Promise.all(answers);
    }
    if (packets.published === undefined) return seen;
    await using _ = await serve(container, "container", [80]);
    for (const protocol of ["tcp", "udp"] as const) {
      const at = (address: string) => ({ protocol, address, port: 8080 });
      seen[`published ${protocol}`] = {
        outside: await ask(outside, at(outsideAddresses.host.ipv4), { expected: true }),
        host: await ask(host, at("127.0.0.1"), { expected: true }),
        itself: await ask(container, at(outsideAddresses.host.ipv4), { expected: true }),
      };
    }
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cni[Symbol.asyncDispose]();
  }
}

interface Asked {
  readonly command: string;
  readonly plugin: Plugin;
  readonly config: unknown;
  readonly variables: Call["variables"];
}

/** One container's attachment by a chain of plugins, as a runtime makes it. */
class Attachment {
  readonly #plugins: readonly Plugin[];
  readonly #version: string;
  readonly #ask: (asked: Asked) => Promise<CniAnswer>;
  #result: unknown;

  constructor(plugins: readonly Plugin[], version: string, ask: (asked: Asked) => Promise<CniAnswer>) {
    this.#plugins = plugins;
    this.#version = version;
    this.#ask = ask;
  }

  async add(): Promise<unknown> {
    const { result, refused } = await this.#run();
    this.#result = result;
    return refused ?? normal(result);
  }

  /** As a runtime that forgot the first: what that has stays. */
  async again(): Promise<unknown> {
    const { result, refused } = await this.#run();
    return refused ?? normal(result);
  }

  /** Ends with the first refusal. */
  async #run(): Promise<{ readonly result: unknown; readonly refused?: unknown }> {
    let result: unknown;
    for (const plugin of this.#plugins) {
      const answer = await this.#call("ADD", plugin, result);
      if (answer.exitCode !== 0) return { result, refused: { [plugin.type]: outcomeOf(answer) } };
      result = answer.json;
    }
    return { result };
  }

  /** In the chain's order. */
  async each(command: string): Promise<unknown> {
    const seen: Record<string, unknown> = {};
    for (const plugin of this.#plugins) seen[plugin.type] = outcomeOf(await this.#call(command, plugin, this.#result));
    return seen;
  }

  async del({
    variables = {},
    withoutResult = false,
  }: {
    readonly variables?: Call["variables"];
    readonly withoutResult?: boolean;
  } = {}): Promise<unknown> {
    const seen: Record<string, unknown> = {};
    for (const plugin of this.#plugins.toReversed()) {
      const result = withoutResult ? undefined : this.#result;
      seen[plugin.type] = outcomeOf(await this.#call("DEL", plugin, result, variables));
    }
    return seen;
  }

  #call(command: string, plugin: Plugin, prevResult: unknown, variables: Call["variables"] = {}): Promise<CniAnswer> {
    const config = { cniVersion: this.#version, name: "pods", ...plugin };
    const all = prevResult === undefined ? config : { ...config, prevResult };
    return this.#ask({ command, plugin, config: all, variables });
  }
}

/** Words are each side's own; codes and the shape are not. */
function outcomeOf({ exitCode, json }: CniAnswer): Seen {
  if (exitCode === 0) return { exitCode, ...(json !== undefined && { answer: normal(json) }) };
  const { code, msg } = (json ?? {}) as { code?: unknown; msg?: unknown };
  return { exitCode, code, saysWhy: typeof msg === "string" && msg !== "" };
}

/** An empty `dns` says nothing. Random names and MAC addresses are their kinds, and so is the container's namespace; those somebody asked for stay. */
function normal(value: unknown): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(
    JSON.stringify(value)
      .replace(/\bveth[0-9a-f]{8}\b/g, "<veth>")
      .replace(/\bbwp[0-9a-f]{12}\b/g, "<ifb>")
      .replace(/"(?!02:00:00:00:00|00:00:00:00:00:00)([0-9a-f]{2}:){5}[0-9a-f]{2}"/g, '"<mac>"')
      .replace(/,"dns":\{\}|"dns":\{\},?/g, "")
      .replace(/"\/run\/netns\/[^"]*"/g, '"<container>"'),
  );
}

interface IpLink {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly address: string;
  readonly master?: string;
  readonly promiscuity?: number;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_slave_data?: { readonly hairpin: boolean; readonly isolated?: boolean };
  };
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

/** Link-local addresses come and go by themselves. */
function shapeOf({ ifname, mtu, flags, address, addr_info }: IpLink) {
  return {
    ...{ ifname, mtu, address },
    flags: flags.filter((flag) => ["UP", "PROMISC", "ALLMULTI"].includes(flag)).toSorted(),
    addresses: addr_info
      .filter(({ local }) => !local.startsWith("fe80:"))
      .map(({ local, prefixlen, scope }) => `${local}/${prefixlen} ${scope}`)
      .toSorted(),
  };
}

function pickPort({ hairpin, isolated = false }: { readonly hairpin: boolean; readonly isolated?: boolean }) {
  return { hairpin, isolated };
}

interface IpRoute {
  readonly dst: string;
  readonly dev: string;
  readonly gateway?: string;
  readonly scope?: string;
}

/** Of the main tables. Who made a route (its protocol) changes nothing about where it leads. */
async function routesOf(place: Place): Promise<readonly IpRoute[]> {
  const [ipv4, ipv6] = [await witness(place, "ip -j -4 route"), await witness(place, "ip -j -6 route")];
  return [...(ipv4 as IpRoute[]), ...(ipv6 as IpRoute[])]
    .filter(({ dst }) => !dst.startsWith("fe80:") && !dst.startsWith("ff00:"))
    .map(({ dst, dev, gateway, scope }) => ({
      ...{ dst, dev },
      ...(gateway !== undefined && { gateway }),
      ...(scope !== undefined && { scope }),
    }));
}

async function lookInside(container: Container): Promise<unknown> {
  const links = (await witness(container, "ip -j addr show")) as IpLink[];
  const sysctl = await witness(container, "sysctl -n net.ipv4.conf.all.arp_filter");
  return normal({
    links: links.map(shapeOf),
    routes: (await routesOf(container)).toSorted(byText),
    sysctl,
  });
}

async function linksOf(container: Container): Promise<readonly string[]> {
  return ((await witness(container, "ip -j link")) as IpLink[]).map(({ ifname }) => ifname);
}

async function gatewaysOf(container: Container): Promise<readonly string[]> {
  return (await routesOf(container)).flatMap(({ dst, gateway }) =>
    dst === "default" && gateway !== undefined ? [gateway] : [],
  );
}

async function addressesOf(container: Container): Promise<readonly string[]> {
  const links = (await witness(container, "ip -j addr show dev eth0")) as IpLink[];
  return links.flatMap(({ addr_info }) =>
    addr_info.map(({ local }) => local).filter((local) => !local.startsWith("fe80:")),
  );
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
