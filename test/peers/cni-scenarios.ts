/** A plugin of a chain; `$RUN` in it is a folder of the run's own. */
export interface Plugin {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Who is asked by packets, and whether an answer comes. */
export interface Packets {
  /** Next hops of the container's default routes. */
  readonly gateway?: boolean;
  readonly neighbour?: boolean;
  readonly outside?: boolean;
  readonly outside6?: boolean;
  /** Port 8080 of the host, in TCP and UDP. */
  readonly published?: true;
}

/** Where ours differs from the reference plugins 1.1.1, which Debian has. */
export interface Difference {
  /** Step, and where in what was seen after it, as `cni.test.ts` prints it: `ADD/ips/0/address`. */
  readonly at: string;
  readonly reference: unknown;
  readonly ours: unknown;
  readonly why: string;
}

export interface Scenario {
  readonly name: string;
  readonly plugins: readonly Plugin[];
  /** The first is that of the whole life, the others are only added and deleted. Default: 1.0.0. */
  readonly versions?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly packets: Packets;
  /** Done to the host before. */
  readonly before?: string;
  /** What CHECK is to notice. */
  readonly meddle?: { readonly in: "host" | "container"; readonly command: string };
  readonly differences?: readonly Difference[];
}

/** A call that is refused, or makes nothing. */
export interface Call {
  readonly name: string;
  readonly command?: string;
  /** Whom the runtime calls. */
  readonly type: string;
  /** Text is sent as it is. */
  readonly config: unknown;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly differences?: readonly Difference[];
}

const CODES =
  "the reference has one code for all that its plugins refuse; ours are the specification's, or our own from 100 on";
const EARLY = `${CODES}; and we read all of a configuration before anything is made`;
const NEXT_HOP = "our result says the next hop that a route has, also where the configuration leaves it to the gateway";
const LINK_ROUTES = "our result says the routes that the link needs, too: CHECK looks for them";
const SCOPE = "a route that a link reaches by itself has scope link, as ip route gives it";
const OWN_END = "ours limits what a container sends at its own end: no ifb link";
const NO_ADDRESS = "the reference's CHECK wants an address, also where the configuration wants none";
const OTHER_FAMILY =
  "the reference's CHECK wants chains of both families, and ADD makes those of the container's addresses";
const LEFT_CHAIN =
  "the reference leaves its rules when the link or they are gone, and stumbles over them with the next DEL";
const RULES = "the reference's bridge does not look for its masquerade";
const OLDER = "the reference 1.1.1 is older than CNI 1.1.0";

/** A step that one side refuses and the other does not. */
function refusedThere(at: string, why: string): readonly Difference[] {
  const [there, here] = [{ exitCode: 1, code: 999, saysWhy: true }, { exitCode: 0 }] as const;
  return [
    { at: `${at}/exitCode`, reference: there.exitCode, ours: here.exitCode, why },
    { at: `${at}/code`, reference: there.code, ours: undefined, why },
    { at: `${at}/saysWhy`, reference: there.saysWhy, ours: undefined, why },
  ];
}

const code = (at: string, ours: number, why = CODES): Difference => ({ at, reference: 999, ours, why });
/** What a refused call has. */
const differs = (ours: number): readonly Difference[] => [code("code", ours)];
const early = (ours: number): readonly Difference[] => [
  code("code", ours, EARLY),
  { at: "left", reference: ["lo", "eth0"], ours: ["lo"], why: EARLY },
];
const again = (type: string): Difference => code(`ADD again/${type}/code`, 100);
const VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"];
const ifb = { name: "<ifb>", mac: "<mac>" };
const pair = [
  { name: "cni0", mac: "<mac>" },
  { name: "<veth>", mac: "<mac>" },
  { name: "eth0", mac: "02:00:00:00:00:77", sandbox: "<container>" },
];
const ownEnd: readonly Difference[] = [
  ...["ADD", "ADD after DEL"].map((step) => ({
    ...{ at: `${step}/interfaces`, reference: [...pair, ifb], ours: pair },
    why: OWN_END,
  })),
  { at: "host/ifb links", reference: 1, ours: 0, why: OWN_END },
];
const noticed = code("CHECK after meddling/bridge/code", 103);
const ptp = (routes: readonly object[], all: readonly object[]): readonly Difference[] => [
  again("ptp"),
  ...["ADD", "ADD of a neighbour", "ADD after DEL"].map((step) => ({
    ...{ at: `${step}/routes`, reference: routes, ours: all },
    why: `${NEXT_HOP}; ${LINK_ROUTES}`,
  })),
  ...[0, 1].map((place) => ({ at: `host/routes/${place}/scope`, reference: "host", ours: "link", why: SCOPE })),
];

const ipam = (more: object = {}) => ({
  type: "host-local",
  ranges: [[{ subnet: "10.77.0.0/24" }]],
  dataDir: "$RUN/addresses",
  ...more,
});
const dual = ipam({ ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "fd00:77::/64" }]] });
const bridge = (more: object = {}): Plugin => ({
  type: "bridge",
  bridge: "cni0",
  isDefaultGateway: true,
  ipMasq: true,
  ipam: ipam(),
  ...more,
});
const published = {
  type: "portmap",
  runtimeConfig: {
    portMappings: [
      { hostPort: 8080, containerPort: 80, protocol: "tcp" },
      { hostPort: 8080, containerPort: 80, protocol: "udp" },
    ],
  },
};
const everywhere = { gateway: true, neighbour: true, outside: true };

/** Each from the first ADD to the last DEL, once by the reference plugins and once by ours under their names. */
export const scenarios: readonly Scenario[] = [
  {
    name: "bridge with gateway and masquerade, in every version",
    plugins: [bridge()],
    versions: ["1.0.0", "0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0"],
    packets: everywhere,
    differences: [again("bridge")],
  },
  {
    name: "bridge of both families",
    plugins: [bridge({ ipam: dual })],
    packets: { ...everywhere, outside6: true },
    differences: [again("bridge")],
  },
  {
    // A bridge that nobody gave a MAC address has its lowest port's, and the reference's CHECK wants the one of the ADD.
    name: "bridge without a gateway",
    before: "ip link add cni0 address 02:00:00:00:00:01 type bridge",
    plugins: [bridge({ isDefaultGateway: false, ipMasq: false })],
    packets: { neighbour: true, outside: false },
    differences: [again("bridge")],
  },
  {
    name: "bridge without addresses",
    plugins: [bridge({ ipam: {}, ipMasq: false, isDefaultGateway: false })],
    packets: {},
    differences: [
      again("bridge"),
      ...refusedThere("CHECK/bridge", NO_ADDRESS),
      ...refusedThere("CHECK then/bridge", NO_ADDRESS),
    ],
  },
  {
    name: "hairpin and MTU",
    plugins: [bridge({ hairpinMode: true, mtu: 1400 })],
    packets: everywhere,
    differences: [again("bridge")],
  },
  {
    name: "promiscuous mode",
    plugins: [bridge({ promiscMode: true })],
    packets: everywhere,
    differences: [again("bridge")],
  },
  {
    name: "routes, name servers and a gateway of its own",
    plugins: [
      bridge({
        isDefaultGateway: false,
        isGateway: true,
        dns: { nameservers: ["10.77.0.53"], search: ["example.test"] },
        ipam: ipam({
          ranges: [
            [{ subnet: "10.77.0.0/24", rangeStart: "10.77.0.10", rangeEnd: "10.77.0.20", gateway: "10.77.0.254" }],
          ],
          routes: [{ dst: "0.0.0.0/0" }, { dst: "192.0.2.0/24", gw: "10.77.0.200" }],
        }),
      }),
    ],
    packets: everywhere,
    differences: [
      again("bridge"),
      ...["ADD", "ADD of a neighbour", "ADD after DEL"].map((step) => ({
        at: `${step}/routes/0/gw`,
        reference: undefined,
        ours: "10.77.0.254",
        why: NEXT_HOP,
      })),
    ],
  },
  {
    name: "a requested address and MAC by CNI_ARGS",
    plugins: [bridge()],
    variables: { CNI_ARGS: "IgnoreUnknown=1;IP=10.77.0.99;MAC=02:00:00:00:00:99" },
    packets: { gateway: true, outside: true },
    differences: [again("bridge")],
  },
  {
    name: "capabilities ips, mac and ipRanges",
    plugins: [
      bridge({
        ipam: { type: "host-local", dataDir: "$RUN/addresses" },
        runtimeConfig: {
          ips: ["10.78.0.7"],
          mac: "02:00:00:00:00:07",
          ipRanges: [[{ subnet: "10.78.0.0/24" }]],
        },
      }),
    ],
    packets: { gateway: true, outside: true },
    differences: [again("bridge")],
  },
  {
    name: "ptp",
    plugins: [{ type: "ptp", ipMasq: true, ipam: ipam({ routes: [{ dst: "0.0.0.0/0" }] }) }],
    packets: everywhere,
    differences: ptp(
      [{ dst: "0.0.0.0/0" }],
      [{ dst: "10.77.0.1/32" }, { dst: "10.77.0.0/24", gw: "10.77.0.1" }, { dst: "0.0.0.0/0", gw: "10.77.0.1" }],
    ),
  },
  {
    name: "ptp of both families",
    plugins: [
      { type: "ptp", ipMasq: true, mtu: 1400, ipam: { ...dual, routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }] } },
    ],
    packets: { ...everywhere, outside6: true },
    differences: ptp(
      [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
      [
        { dst: "10.77.0.1/32" },
        { dst: "10.77.0.0/24", gw: "10.77.0.1" },
        { dst: "fd00:77::1/128" },
        { dst: "fd00:77::/64", gw: "fd00:77::1" },
        { dst: "0.0.0.0/0", gw: "10.77.0.1" },
        { dst: "::/0", gw: "fd00:77::1" },
      ],
    ),
  },
  { name: "loopback", plugins: [{ type: "loopback" }], variables: { CNI_IFNAME: "lo" }, packets: {} },
  {
    name: "host-local alone",
    plugins: [{ type: "host-local", ipam: ipam({ routes: [{ dst: "0.0.0.0/0" }] }) }],
    packets: {},
    differences: [again("host-local")],
  },
  {
    name: "published ports",
    plugins: [bridge(), published],
    packets: { ...everywhere, published: true },
    differences: [
      again("bridge"),
      ...refusedThere("CHECK/portmap", OTHER_FAMILY),
      ...refusedThere("CHECK then/portmap", OTHER_FAMILY),
    ],
  },
  {
    name: "a chain of all",
    plugins: [
      bridge(),
      published,
      {
        type: "bandwidth",
        ingressRate: 80_000_000,
        ingressBurst: 8_000_000,
        egressRate: 80_000_000,
        egressBurst: 8_000_000,
      },
      {
        type: "tuning",
        dataDir: "$RUN/tuning",
        sysctl: { "net.ipv4.conf.all.arp_filter": "1" },
        mac: "02:00:00:00:00:77",
        mtu: 1400,
      },
      { type: "firewall" },
    ],
    packets: { gateway: true, outside: true, published: true },
    differences: [
      again("bridge"),
      ...refusedThere("CHECK/portmap", OTHER_FAMILY),
      ...refusedThere("CHECK then/portmap", OTHER_FAMILY),
      ...ownEnd,
    ],
  },
  {
    name: "CHECK when the link is gone",
    plugins: [bridge()],
    packets: {},
    meddle: { in: "container", command: "ip link delete eth0" },
    differences: [again("bridge"), noticed, ...refusedThere("DEL without prevResult/bridge", LEFT_CHAIN)],
  },
  {
    name: "CHECK when the address is gone",
    plugins: [bridge()],
    packets: {},
    meddle: { in: "container", command: "ip address flush dev eth0" },
    differences: [again("bridge"), noticed, ...refusedThere("DEL without prevResult/bridge", LEFT_CHAIN)],
  },
  {
    name: "CHECK when the route is gone",
    plugins: [bridge()],
    packets: {},
    meddle: { in: "container", command: "ip route delete default" },
    differences: [again("bridge"), noticed],
  },
  {
    name: "CHECK when another MAC is there",
    plugins: [bridge()],
    packets: {},
    meddle: { in: "container", command: "ip link set eth0 address 02:00:00:00:00:01" },
    differences: [again("bridge"), noticed],
  },
  {
    name: "CHECK when the bridge is gone",
    plugins: [bridge()],
    packets: {},
    meddle: { in: "host", command: "ip link delete cni0" },
    differences: [again("bridge"), noticed],
  },
  {
    name: "CHECK when the rules are gone",
    plugins: [bridge(), published],
    packets: {},
    meddle: { in: "host", command: "nft flush ruleset" },
    differences: [
      again("bridge"),
      ...refusedThere("CHECK/portmap", OTHER_FAMILY),
      ...refusedThere("CHECK then/portmap", OTHER_FAMILY),
      code("CHECK after meddling/portmap/code", 103),
      { at: "CHECK after meddling/bridge/exitCode", reference: 0, ours: 1, why: RULES },
      { at: "CHECK after meddling/bridge/code", reference: undefined, ours: 103, why: RULES },
      { at: "CHECK after meddling/bridge/saysWhy", reference: undefined, ours: true, why: RULES },
      ...refusedThere("DEL/bridge", LEFT_CHAIN),
    ],
  },
];

const base = { cniVersion: "1.0.0", name: "pods", ...bridge() };

export const calls: readonly Call[] = [
  {
    name: "VERSION",
    command: "VERSION",
    type: "bridge",
    config: {},
    differences: [
      { at: "answer/cniVersion", reference: "1.0.0", ours: "1.1.0", why: OLDER },
      { at: "answer/supportedVersions", reference: VERSIONS, ours: [...VERSIONS, "1.1.0"], why: OLDER },
    ],
  },
  { name: "a command nobody knows", command: "PAINT", type: "bridge", config: base },
  { name: "no container", type: "bridge", config: base, variables: { CNI_CONTAINERID: undefined } },
  { name: "no namespace", type: "bridge", config: base, variables: { CNI_NETNS: undefined } },
  { name: "no interface", type: "bridge", config: base, variables: { CNI_IFNAME: undefined } },
  { name: "no path", type: "bridge", config: base, variables: { CNI_PATH: undefined } },
  { name: "a container's name with a slash", type: "bridge", config: base, variables: { CNI_CONTAINERID: "a/b" } },
  { name: "an interface's name too long", type: "bridge", config: base, variables: { CNI_IFNAME: "a-very-long-name" } },
  { name: "an interface's name with a slash", type: "bridge", config: base, variables: { CNI_IFNAME: "a/b" } },
  { name: "an interface's name with a space", type: "bridge", config: base, variables: { CNI_IFNAME: "a b" } },
  {
    name: "CNI_ARGS that are no pairs",
    type: "bridge",
    config: base,
    variables: { CNI_ARGS: "IP" },
    differences: differs(4),
  },
  {
    name: "CNI_ARGS nobody knows",
    type: "bridge",
    config: base,
    variables: { CNI_ARGS: "COLOUR=red" },
    differences: differs(4),
  },
  { name: "no JSON", type: "bridge", config: "{" },
  { name: "nothing at all", type: "bridge", config: "" },
  { name: "JSON that is no object", type: "bridge", config: "[]" },
  { name: "a version of the future", type: "bridge", config: { ...base, cniVersion: "9.0.0" } },
  { name: "a version that is none", type: "bridge", config: { ...base, cniVersion: "one" } },
  {
    name: "version 1.1.0",
    type: "bridge",
    config: { ...base, cniVersion: "1.1.0", ipam: {}, isDefaultGateway: false },
    differences: [
      { at: "exitCode", reference: 1, ours: 0, why: OLDER },
      { at: "code", reference: 1, ours: undefined, why: OLDER },
      { at: "saysWhy", reference: true, ours: undefined, why: OLDER },
      {
        at: "answer",
        reference: undefined,
        ours: {
          cniVersion: "1.1.0",
          interfaces: [
            { name: "cni0", mac: "<mac>" },
            { name: "<veth>", mac: "<mac>" },
            { name: "eth0", mac: "<mac>", sandbox: "<container>" },
          ],
        },
        why: OLDER,
      },
      { at: "left", reference: ["lo"], ours: ["lo", "eth0"], why: OLDER },
    ],
  },
  { name: "no network name", type: "bridge", config: { ...base, name: undefined } },
  { name: "a network name with a slash", type: "bridge", config: { ...base, name: "a/b" } },
  { name: "CHECK before 0.4.0", command: "CHECK", type: "bridge", config: { ...base, cniVersion: "0.3.1" } },
  { name: "CHECK without prevResult", command: "CHECK", type: "bridge", config: base, differences: differs(7) },
  {
    name: "an IPAM that is not there",
    type: "bridge",
    config: { ...base, ipam: { type: "no-such" } },
    differences: early(7),
  },
  {
    name: "a namespace that is not there",
    type: "bridge",
    config: base,
    variables: { CNI_NETNS: "/run/netns/never-was" },
    differences: differs(8),
  },
  {
    name: "a namespace that is none",
    type: "bridge",
    config: base,
    variables: { CNI_NETNS: "/etc/passwd" },
    differences: differs(8),
  },
  {
    name: "hairpin with promiscuous mode",
    type: "bridge",
    config: { ...base, hairpinMode: true, promiscMode: true },
    differences: differs(7),
  },
  { name: "an MTU that is text", type: "bridge", config: { ...base, mtu: "1400" }, differences: differs(7) },
  { name: "no subnet", type: "bridge", config: { ...base, ipam: ipam({ ranges: [[{}]] }) }, differences: early(7) },
  { name: "no range", type: "bridge", config: { ...base, ipam: ipam({ ranges: [] }) }, differences: early(7) },
  {
    name: "a subnet with host bits",
    type: "bridge",
    config: { ...base, ipam: ipam({ ranges: [[{ subnet: "10.77.0.1/24" }]] }) },
    differences: early(7),
  },
  {
    name: "a subnet that is none",
    type: "bridge",
    config: { ...base, ipam: ipam({ ranges: [[{ subnet: "10.77.0.0/33" }]] }) },
    differences: early(7),
  },
  {
    name: "a /31",
    type: "bridge",
    config: { ...base, ipam: ipam({ ranges: [[{ subnet: "10.77.0.0/31" }]] }) },
    differences: early(7),
  },
  {
    name: "a gateway elsewhere",
    type: "bridge",
    config: { ...base, ipam: ipam({ ranges: [[{ subnet: "10.77.0.0/24", gateway: "10.78.0.1" }]] }) },
    differences: early(7),
  },
  {
    name: "a range from behind",
    type: "bridge",
    config: {
      ...base,
      ipam: ipam({ ranges: [[{ subnet: "10.77.0.0/24", rangeStart: "10.77.0.9", rangeEnd: "10.77.0.5" }]] }),
    },
    differences: early(7),
  },
  {
    name: "a set of two families",
    type: "bridge",
    config: { ...base, ipam: ipam({ ranges: [[{ subnet: "10.77.0.0/24" }, { subnet: "fd00::/64" }]] }) },
    differences: early(7),
  },
  {
    name: "sets that overlap",
    type: "bridge",
    config: { ...base, ipam: ipam({ ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "10.77.0.0/25" }]] }) },
    differences: early(7),
  },
  {
    name: "a requested address of no range",
    type: "bridge",
    config: base,
    variables: { CNI_ARGS: "IP=10.99.0.9" },
    differences: differs(7),
  },
  {
    name: "a requested gateway",
    type: "bridge",
    config: base,
    variables: { CNI_ARGS: "IP=10.77.0.1" },
    differences: differs(7),
  },
  { name: "portmap that is not chained", type: "portmap", config: { ...base, ...published }, differences: differs(7) },
  {
    name: "bandwidth that is not chained",
    type: "bandwidth",
    config: { ...base, type: "bandwidth", ingressRate: 1, ingressBurst: 8 },
    differences: differs(7),
  },
  {
    name: "firewall that is not chained",
    type: "firewall",
    config: { ...base, type: "firewall" },
    differences: differs(7),
  },
  {
    name: "tuning that is not chained",
    type: "tuning",
    config: { ...base, type: "tuning", dataDir: "$RUN/tuning" },
    differences: differs(7),
  },
  { name: "DEL of what never was", command: "DEL", type: "bridge", config: base },
  {
    name: "DEL of loopback without a namespace",
    command: "DEL",
    type: "loopback",
    config: { ...base, type: "loopback" },
    variables: { CNI_NETNS: "" },
  },
];
