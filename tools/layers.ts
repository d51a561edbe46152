/** What a folder of the program is, and what it may import. */
export interface Layer {
  /** Path of the folder; a file belongs to the longest that holds it. */
  readonly folder: string;
  /** Pure code gets time, files, randomness and the kernel as arguments: no `bun:*`, no `node:*`. */
  readonly pure?: true;
  /** Folders whose `mod.ts` it may import; `X/*` is X with all below it. Its own folder is always allowed. */
  readonly imports: readonly string[];
  /** Packages of the registry that it may import. */
  readonly packages?: readonly string[];
  /** Whether it may call the C library. */
  readonly ffi?: true;
  /** Files that may be imported beside `mod.ts`; say why. */
  readonly sideDoors?: readonly string[];
}

const planners = [
  "src/engine/ipam",
  "src/engine/ports",
  "src/engine/drivers",
  "src/engine/firewall",
  "src/engine/passage",
  "src/engine/plan",
];

/** The layers, lowest first: the table of docs/architecture.md, checked by check-imports.ts. */
export const layers: readonly Layer[] = [
  { folder: "src/lib", pure: true, imports: [] },
  { folder: "src/net", pure: true, imports: ["src/lib"] },
  { folder: "src/wire", pure: true, imports: ["src/lib"] },
  { folder: "src/ethernet", pure: true, imports: ["src/lib", "src/net", "src/wire"] },
  {
    folder: "src/sys",
    imports: ["src/lib", "src/net"],
    ffi: true,
    // The launcher starts before every program, and the rest of sys takes it twice as long to load.
    sideDoors: ["src/sys/program-calls.ts"],
  },
  { folder: "src/netlink", pure: true, imports: ["src/lib", "src/net", "src/wire", "src/netlink"] },
  {
    folder: "src/netlink/connection",
    imports: ["src/lib", "src/net", "src/wire", "src/sys", "src/netlink"],
  },
  { folder: "src/kernel/objects", pure: true, imports: ["src/lib", "src/net"] },
  {
    folder: "src/kernel",
    imports: ["src/lib", "src/net", "src/wire", "src/sys", "src/netlink/*", "src/kernel/*"],
  },
  { folder: "src/model", pure: true, imports: ["src/lib", "src/net"] },
  {
    folder: "src/contract",
    pure: true,
    imports: ["src/lib", "src/net", "src/model"],
    packages: ["zod"],
    // A command starts in the time that the schemas take to load, and needs none: the daemon reads with them.
    sideDoors: ["src/contract/plain.ts"],
  },
  {
    folder: "src/processes",
    imports: ["src/lib", "src/net", "src/sys", "src/model", "src/contract"],
    // The launcher starts before every program, and the port proxy lives beside the daemon: they load nothing else of it.
    sideDoors: [...["src/processes/launch.ts", "src/processes/launch-spec.ts"], "src/processes/process-identity.ts"],
  },
  { folder: "src/store", imports: ["src/lib", "src/net", "src/model"] },
  ...planners.map(
    (folder): Layer => ({
      folder,
      pure: true,
      imports: ["src/lib", "src/net", "src/model", "src/kernel/objects", ...planners],
    }),
  ),
  {
    folder: "src/engine",
    imports: [
      // Of netlink only the connection: the engine owns the long-lived sockets, and branches on the kernel's errno.
      ...["src/lib", "src/net", "src/sys", "src/netlink/connection", "src/kernel/*", "src/model", "src/contract"],
      ...["src/store", "src/dns", "src/dhcp/*", "src/ethernet", "src/processes", "src/engine/*"],
    ],
    // The proxy lives beside the daemon, and loads nothing of the engine.
    sideDoors: ["src/engine/port-proxy/serve.ts"],
  },
  { folder: "src/attachments/ipam", pure: true, imports: ["src/lib", "src/net"] },
  { folder: "src/attachments/firewall", pure: true, imports: ["src/lib", "src/net", "src/kernel/objects"] },
  {
    folder: "src/attachments",
    imports: [
      // Of netlink only the connection: for the sockets, and to branch on the kernel's errno.
      ...["src/lib", "src/net", "src/sys", "src/netlink/connection", "src/kernel/*", "src/attachments/*"],
    ],
  },
  { folder: "src/dns/codec", pure: true, imports: ["src/lib", "src/net", "src/wire", "src/model"] },
  { folder: "src/dns/zone", pure: true, imports: ["src/lib", "src/net", "src/wire", "src/model", "src/dns/codec"] },
  {
    folder: "src/dns",
    imports: ["src/lib", "src/net", "src/wire", "src/model", "src/sys", "src/contract", "src/dns/*"],
  },
  { folder: "src/dhcp/codec", pure: true, imports: ["src/lib", "src/net", "src/wire", "src/ethernet"] },
  {
    folder: "src/dhcp/client",
    pure: true,
    imports: ["src/lib", "src/net", "src/model", "src/ethernet", "src/dhcp/codec"],
  },
  { folder: "src/dhcp/testing", pure: true, imports: ["src/lib"] },
  { folder: "src/insight/capture/pcapng", pure: true, imports: ["src/lib", "src/net"] },
  { folder: "src/insight/capture/filter", pure: true, imports: ["src/lib", "src/net"] },
  {
    folder: "src/insight/capture/decode",
    pure: true,
    imports: ["src/lib", "src/net", "src/wire", "src/dns/codec"],
  },
  { folder: "src/firewall-rules", pure: true, imports: ["src/lib", "src/net", "src/kernel/objects"] },
  { folder: "src/yaml-file", pure: true, imports: ["src/lib"], packages: ["yaml", "zod"] },
  {
    folder: "src/config",
    pure: true,
    imports: ["src/lib", "src/net", "src/model", "src/contract", "src/yaml-file"],
    packages: ["zod"],
  },
  { folder: "src/topology/state", pure: true, imports: ["src/lib", "src/net", "src/model", "src/kernel/objects"] },
  {
    folder: "src/topology/read",
    pure: true,
    imports: [
      ...["src/lib", "src/net", "src/model", "src/kernel/objects", "src/firewall-rules", "src/topology/state"],
      "src/yaml-file",
    ],
    packages: ["zod"],
  },
  {
    folder: "src/topology/plan",
    pure: true,
    imports: ["src/lib", "src/net", "src/model", "src/kernel/objects", "src/topology/state"],
  },
  {
    folder: "src/topology",
    imports: [
      // Of netlink only the connection: for the sockets of nf_tables, and to branch on the kernel's errno.
      ...["src/lib", "src/net", "src/sys", "src/netlink/connection", "src/kernel/*", "src/model", "src/contract"],
      ...["src/processes", "src/topology/*", "src/yaml-file"],
    ],
  },
  {
    folder: "src/insight",
    // Capture owns packet sockets, which are of no netlink family.
    imports: [
      ...["src/lib", "src/net", "src/sys", "src/model", "src/contract", "src/kernel/*"],
      ...[...planners, "src/insight/*"],
    ],
  },
  {
    folder: "src/workbench",
    imports: [
      // Of netlink only the connection: for the sockets of nf_tables, and to branch on the kernel's errno.
      ...["src/lib", "src/net", "src/sys", "src/netlink/connection", "src/kernel/*", "src/model", "src/contract"],
      ...["src/firewall-rules", "src/topology/state", "src/insight/*"],
    ],
  },
  {
    folder: "src/insight/address-plan",
    pure: true,
    imports: ["src/lib", "src/net", "src/model", "src/contract"],
    packages: ["yaml"],
    // Only who has a file waits for the YAML parser to load.
    sideDoors: ["src/insight/address-plan/read-needs.ts"],
  },
  {
    folder: "src/insight/picture",
    pure: true,
    // Of src/insight and of the contract it takes types alone: what state shows, and what the daemon tells.
    imports: [
      ...["src/lib", "src/net", "src/model", "src/contract", "src/kernel/objects", "src/topology/state", "src/insight"],
    ],
  },
  {
    folder: "src/doors/compose",
    pure: true,
    imports: ["src/lib", "src/net", "src/model", "src/contract"],
    packages: ["yaml"],
  },
  {
    folder: "src/doors/compose/plan",
    pure: true,
    imports: ["src/lib", "src/net", "src/model", "src/contract", "src/doors/compose"],
  },
  {
    folder: "src/doors/compose/apply",
    imports: ["src/lib", "src/net", "src/model", "src/contract", "src/doors/compose", "src/doors/compose/plan"],
  },
  // What Docker's tools see of networks and sandboxes: the command line prints it, and Docker's own API answers it.
  { folder: "src/doors/docker-shape", pure: true, imports: ["src/lib", "src/net", "src/model", "src/contract"] },
  {
    folder: "src/doors/http",
    imports: ["src/lib", "src/net", "src/model", "src/contract", "src/sys"],
    packages: ["zod"],
    // A command needs no server.
    sideDoors: ["src/doors/http/client.ts"],
  },
  // A command asks dockerd, and must start without the schemas.
  { folder: "src/doors/docker-client", imports: ["src/lib", "src/contract"] },
  {
    folder: "src/doors/docker-plugin",
    imports: ["src/lib", "src/net", "src/model", "src/contract", "src/doors/http", "src/doors/docker-client"],
    packages: ["zod"],
  },
  {
    folder: "src/doors/docker-api",
    imports: [...["src/lib", "src/net", "src/model", "src/contract", "src/doors/http", "src/doors/docker-shape"]],
  },
  {
    folder: "src/doors",
    imports: ["src/lib", "src/net", "src/model", "src/contract", "src/doors/http"],
  },
  {
    folder: "src/doors/cni",
    imports: ["src/lib", "src/net", "src/attachments"],
    // A plugin's process that finds a daemon loads nothing else.
    sideDoors: ["src/doors/cni/daemon-call.ts", "src/doors/cni/log-line.ts"],
  },
  {
    folder: "src/doors/cli",
    imports: [
      ...["src/lib", "src/net", "src/model", "src/contract", "src/insight/*", "src/topology/*"],
      ...["src/firewall-rules", "src/workbench", "src/yaml-file", "src/config"],
      ...["src/doors/http", "src/doors/docker-shape", "src/doors/docker-client", "src/doors/compose/*"],
    ],
  },
  { folder: "bin", imports: ["src/*"] },
];
