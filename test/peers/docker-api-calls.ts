/** A call of Docker's API, and how our answer may differ from Docker's. */
export interface Call {
  /** Method and path below `/v1.41`; a `filters` object is put into the query. */
  readonly ask: string;
  readonly filters?: object;
  readonly body?: unknown;
  /** Why our answer is another one than that of Docker 20.10; absent: it is the same. */
  readonly differs?: string;
  /** Then, what ours is: its status, and a part of its message. */
  readonly ours?: readonly [status: number, message?: string];
}

const NEWER = "Docker words it so since 25 to 29";
const ONE_NAME = "two networks never have one name: Docker says so since 25, whatever the client asks";
const NAMES = "names are what Docker allows a container: Docker allows a network any";
const OPTIONS = "an option that nobody serves is most often a slip, and said to be one";
const BRIDGES = "our sentence names the network and the value";
const ADDRESSES = "an address may be asked for on every network: Docker wants one with a subnet that somebody named";
const INPUT = "what the client has wrong is a 400, as Docker says since 25: 20.10 says 500";

const create = (Name: string, rest: object = {}): Pick<Call, "ask" | "body"> => ({
  ask: "POST /networks/create",
  body: { Name, CheckDuplicate: true, ...rest },
});
const subnet = (Subnet: string, rest: object = {}): object => ({ IPAM: { Config: [{ Subnet, ...rest }] } });
const connect = (network: string, Container: string, EndpointConfig?: object): Pick<Call, "ask" | "body"> => ({
  ask: `POST /networks/${network}/connect`,
  body: { Container, ...(EndpointConfig !== undefined && { EndpointConfig }) },
});
const disconnect = (network: string, Container: string, Force = false): Pick<Call, "ask" | "body"> => ({
  ask: `POST /networks/${network}/disconnect`,
  body: { Container, Force },
});
const list = (filters: object): Pick<Call, "ask" | "filters"> => ({ ask: "GET /networks", filters });

/** One after the other, against both: what an earlier one made, later ones meet. */
export const calls: readonly Call[] = [
  // Making networks.
  { ...create("plain") },
  { ...create("named", { ...subnet("10.11.0.0/24"), Labels: { app: "shop", tier: "1" } }) },
  {
    ...create("full", {
      ...subnet("10.12.0.0/24", {
        Gateway: "10.12.0.254",
        IPRange: "10.12.0.128/25",
        AuxiliaryAddresses: { router: "10.12.0.200" },
      }),
      Labels: { app: "shop" },
    }),
  },
  {
    ...create("both", {
      EnableIPv6: true,
      IPAM: {
        Config: [
          { Subnet: "10.13.0.0/24", Gateway: "10.13.0.1" },
          { Subnet: "fd00:13::/64", Gateway: "fd00:13::1" },
        ],
      },
    }),
  },
  { ...create("inner", { Internal: true, ...subnet("10.14.0.0/24") }) },
  { ...create("tiny", subnet("10.15.0.0/30")) },
  { ...create("mtu", { ...subnet("10.16.0.0/24"), Options: { "com.docker.network.driver.mtu": "1400" } }) },
  { ...create("joinable", { Attachable: true }) },
  { ...create("local", { Scope: "local" }) },
  { ...create("plain") },
  { ...create("twice") },
  {
    ask: "POST /networks/create",
    body: { Name: "twice" },
    differs: ONE_NAME,
    ours: [409, "network with name twice already exists"],
  },
  ...["bridge", "host", "none", "default"].map((name) => create(name)),
  { ...create(""), differs: INPUT, ours: [400, "invalid name"] },
  { ...create(" "), differs: INPUT, ours: [400, "invalid name"] },
  { ...create("a b"), differs: NAMES, ours: [400, '"a b"'] },
  { ...create("bad1", subnet("10.16.0.0/33")), differs: NEWER, ours: [400, "invalid subnet 10.16.0.0/33"] },
  { ...create("bad2", subnet("ten")), differs: NEWER, ours: [400, "invalid subnet ten"] },
  {
    ...create("bad3", subnet("10.11.0.5/24")),
    differs: NEWER,
    ours: [400, "invalid subnet 10.11.0.5/24: it should be 10.11.0.0/24"],
  },
  {
    ...create("bad4", subnet("10.11.0.0/25")),
    differs: NEWER,
    ours: [403, "Pool overlaps with other one on this address space"],
  },
  {
    ...create("bad5", subnet("10.17.0.0/24", { Gateway: "10.18.0.1" })),
    differs: NEWER,
    ours: [400, "invalid gateway 10.18.0.1"],
  },
  { ...create("bad6", subnet("10.17.0.0/24", { Gateway: "x" })), differs: NEWER, ours: [400, "invalid gateway x"] },
  {
    ...create("bad7", subnet("10.17.0.0/24", { IPRange: "10.19.0.0/25" })),
    differs: NEWER,
    ours: [400, "invalid ip-range 10.19.0.0/25"],
  },
  {
    ...create("bad8", subnet("10.17.0.0/24", { AuxiliaryAddresses: { r: "10.19.0.1" } })),
    differs: NEWER,
    ours: [400, "invalid auxiliary address r"],
  },
  // Not here: a driver that nobody has. Docker looks for its plugin for fifteen seconds.
  { ...create("bad11", { Driver: "host" }) },
  { ...create("bad12", { Driver: "null" }) },
  { ...create("bad13", { Scope: "swarm" }) },
  { ...create("bad14", { Ingress: true }) },
  {
    ...create("bad15", { Options: { "com.docker.network.bridge.enable_icc": "maybe" } }),
    differs: INPUT,
    ours: [400, "com.docker.network.bridge.enable_icc=maybe"],
  },
  { ...create("bad16", { Options: { unknown: "x" } }), differs: OPTIONS, ours: [400, '"unknown"'] },
  { ask: "POST /networks/create", body: "{", differs: NEWER, ours: [400, "invalid JSON"] },
  { ask: "POST /networks/create", body: "[]", differs: NEWER, ours: [400, "invalid JSON"] },
  { ask: "POST /networks/create", body: { Name: 5 }, differs: NEWER, ours: [400, "invalid JSON"] },
  { ask: "POST /networks/create", body: { Name: "x", Labels: { a: 5 } }, differs: NEWER, ours: [400, "invalid JSON"] },
  { ...create("bridged", { Options: { "com.docker.network.bridge.name": "brsame" } }) },
  {
    ...create("bridged2", { Options: { "com.docker.network.bridge.name": "brsame" } }),
    differs: BRIDGES,
    ours: [409, "bridge brsame is network bridged's"],
  },
  // Networks that only configure others.
  { ...create("cfg", { ConfigOnly: true, ...subnet("10.30.0.0/24"), Labels: { from: "cfg" } }) },
  { ask: "GET /networks/cfg" },
  { ...create("cfg1", { ConfigOnly: true, Internal: true }) },
  { ...create("cfg2", { ConfigOnly: true, ConfigFrom: { Network: "cfg" } }) },
  { ...create("after", { ConfigFrom: { Network: "cfg" } }) },
  { ask: "GET /networks/after" },
  { ...create("after1", { ConfigFrom: { Network: "nosuch" } }) },
  { ...create("after2", { ConfigFrom: { Network: "plain" } }) },
  { ...create("after3", { ConfigFrom: { Network: "cfg" }, ...subnet("10.31.0.0/24") }) },
  { ...create("after4", { ConfigFrom: { Network: "cfg" }, Labels: { x: "y" } }) },
  { ...connect("cfg", "box") },
  { ask: "DELETE /networks/cfg" },
  { ask: "DELETE /networks/after" },
  { ask: "DELETE /networks/cfg" },
  // Looking.
  { ask: "GET /networks/named" },
  { ask: "GET /networks/full" },
  { ask: "GET /networks/both" },
  { ask: "GET /networks/inner" },
  { ask: "GET /networks/mtu" },
  { ask: "GET /networks/host", differs: "who is on the host's network has no endpoint", ours: [200] },
  { ask: "GET /networks/none" },
  { ask: "GET /networks/nosuch" },
  { ask: "GET /networks/named?scope=swarm" },
  { ask: "GET /networks/named?scope=local" },
  { ask: "GET /networks/named?verbose=true" },
  {
    ask: "GET /networks/named?verbose=maybe",
    differs: "our sentence says what is wanted",
    ours: [400, "invalid value for verbose: maybe"],
  },
  { ...list({ name: ["named"] }) },
  { ...list({ name: { named: true, full: true } }) },
  { ...list({ name: ["^(named|full)$"] }) },
  { ...list({ name: ["["] }) },
  { ...list({ label: ["app"] }) },
  { ...list({ label: ["app=shop", "tier=1"] }) },
  { ...list({ label: ["app=nope"] }) },
  { ...list({ driver: ["host"] }) },
  { ...list({ driver: ["brid"] }) },
  { ...list({ type: ["builtin"], driver: ["null", "host"] }) },
  { ...list({ scope: ["swarm"] }) },
  { ...list({ dangling: ["true"], label: ["app"] }) },
  { ...list({ dangling: ["false"], driver: ["host"] }) },
  { ...list({ id: ["zz"] }) },
  { ...list({ nope: ["x"] }), differs: NEWER, ours: [400, "invalid filter 'nope'"] },
  { ...list({ dangling: ["maybe"] }) },
  { ...list({ dangling: ["true", "false"] }) },
  { ...list({ type: ["x"] }), differs: INPUT, ours: [400, "invalid filter: 'type'='x'"] },
  { ask: "GET /networks?filters=x", differs: NEWER, ours: [400, "invalid filter"] },
  { ask: "GET /networks?filters=5", differs: NEWER, ours: [400, "invalid filter"] },
  // Joining and leaving.
  { ...connect("named", "box") },
  { ...connect("named", "box") },
  { ...connect("full", "box", { IPAMConfig: { IPv4Address: "10.12.0.7" }, Aliases: ["www"] }) },
  { ...connect("both", "box", { IPAMConfig: { IPv6Address: "fd00:13::99" } }) },
  { ...connect("nosuch", "box") },
  { ...connect("named", "nosuch") },
  { ...connect("nosuch", "nosuch") },
  { ...connect("named", "") },
  { ...connect("host", "box"), differs: NEWER, ours: [400, "cannot connect container to host network"] },
  { ...connect("none", "box") },
  { ...connect("named", "hosted") },
  { ...connect("tiny", "box") },
  {
    ...connect("tiny", "other"),
    differs: "our sentence says how many there are",
    ours: [500, "no available addresses on this network's address pools"],
  },
  { ...connect("full", "other", { IPAMConfig: { IPv4Address: "10.12.0.7" } }) },
  {
    ...connect("full", "other", { IPAMConfig: { IPv4Address: "10.99.0.7" } }),
    differs: NEWER,
    ours: [400, "invalid endpoint settings"],
  },
  { ...connect("full", "other", { IPAMConfig: { IPv4Address: "x" } }), differs: INPUT, ours: [400, '"x"'] },
  {
    ...connect("plain", "other", { IPAMConfig: { IPv4Address: "10.99.0.7" } }),
    differs: ADDRESSES,
    ours: [400, "invalid endpoint settings"],
  },
  { ask: "POST /networks/named/connect", body: "{", differs: NEWER, ours: [400, "invalid JSON"] },
  { ask: "GET /networks/full" },
  { ask: "GET /networks/both" },
  { ask: "DELETE /networks/named", differs: NEWER, ours: [403, 'network named has active endpoints (name:"box"'] },
  { ...disconnect("plain", "box") },
  { ...disconnect("plain", "box", true), differs: "nobody is to be forced off", ours: [200] },
  { ...disconnect("nosuch", "box") },
  { ...disconnect("named", "nosuch") },
  {
    ...disconnect("named", "nosuch", true),
    differs: "an endpoint without a sandbox does not come about",
    ours: [404, "No such container: nosuch"],
  },
  { ...disconnect("named", "") },
  { ...disconnect("host", "hosted"), differs: NEWER, ours: [400, "cannot disconnect container from host network"] },
  { ...disconnect("named", "box") },
  { ...disconnect("full", "box") },
  { ask: "DELETE /networks/named" },
  { ask: "DELETE /networks/nosuch" },
  { ask: "DELETE /networks/bridge" },
  { ask: "DELETE /networks/host" },
  // Pruning.
  { ask: "POST /networks/prune", filters: { nope: ["x"] }, differs: NEWER, ours: [400, "invalid filter 'nope'"] },
  {
    ask: "POST /networks/prune",
    filters: { until: ["abc"] },
    differs: INPUT,
    ours: [400, 'failed to parse value as time or duration: "abc"'],
  },
  {
    ask: "POST /networks/prune",
    filters: { until: ["1h", "2h"] },
    differs: INPUT,
    ours: [400, "more than one until filter specified"],
  },
  { ask: "POST /networks/prune", filters: { until: ["1h"] } },
  { ask: "POST /networks/prune", filters: { label: ["nope"] } },
  { ask: "POST /networks/prune", filters: { label: ["app"], "label!": ["app=shop"] } },
  { ask: "POST /networks/prune", filters: { label: ["app"] } },
  { ask: "POST /networks/prune", differs: "Docker has made some that we refused", ours: [200] },
  { ask: "POST /networks/prune" },
  // What is not there.
  { ask: "GET /nosuch" },
  { ask: "PUT /networks" },
  { ask: "POST /networks/plain/nosuch" },
  { ask: "GET /containers/nosuch/json" },
  { ask: "GET /containers/box/logs" },
  {
    ask: "GET /images/nosuch/json",
    differs: "there are no images, and our sentence says so",
    ours: [404, "No such image: nosuch"],
  },
  { ask: "GET /events?since=10&until=5" },
  { ask: "GET /events?since=x", differs: INPUT, ours: [400, "invalid value for 'since'"] },
];
