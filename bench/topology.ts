/** A chain of routers and a fan of hosts: up, one link changed, and down, beside the same lines in `ip -batch`. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createHost, type Host, run, runOrThrow, waitFor, weftCommand } from "../test/support/mod.ts";
import { alternate, compare, median, report, timed } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 5);
const routers = Number(process.env["WEFT_BENCH_ROUTERS"] ?? 100);
const hosts = Number(process.env["WEFT_BENCH_HOSTS"] ?? 500);

/** A network as both are told it. */
interface Network {
  readonly name: string;
  /** `changed`: with another address on one link. */
  readonly topology: (changed: boolean) => string;
  /** For `ip -batch`, by namespace; the host's lines, named `""`, come first. */
  readonly batches: ReadonlyMap<string, readonly string[]>;
  /** One link's other address, in the namespace of that name. */
  readonly change: readonly [namespace: string, lines: readonly string[]];
}

const counted = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const prefix = `wb${process.pid}`;

function fan(): Network {
  const own = (index: number): string => `10.${Math.floor(index / 250)}.0.${(index % 250) + 1}/8`;
  const name = (index: number): string => `${prefix}h${index}`;
  const last = hosts - 1;
  const place = (index: number, address: string): string =>
    `  ${name(index)}: { links: { eth0: { addresses: [${address}] } } }`;
  return {
    name: `fan of ${hosts} hosts`,
    topology: (changed) =>
      [
        "topology: fan",
        "host:",
        "  links:",
        "    br0: { kind: bridge }",
        ...counted(hosts).map((index) => `    p${index}: { peer: ${name(index)}/eth0, bridge: br0 }`),
        "namespaces:",
        ...counted(hosts).map((index) => place(index, changed && index === last ? "10.99.0.1/8" : own(index))),
      ].join("\n"),
    batches: new Map<string, readonly string[]>([
      [
        "",
        [
          "link add br0 type bridge",
          "link set br0 up",
          ...counted(hosts).map((index) => `netns add ${name(index)}`),
          ...counted(hosts).map(
            (index) => `link add p${index} master br0 up type veth peer name eth0 netns ${name(index)}`,
          ),
        ],
      ],
      ...counted(hosts).map(
        (index) => [name(index), ["link set lo up", `addr add ${own(index)} dev eth0`, "link set eth0 up"]] as const,
      ),
    ]),
    change: [name(last), [`addr del ${own(last)} dev eth0`, "addr add 10.99.0.1/8 dev eth0"]],
  };
}

/** Every router knows the way to every link. */
function chain(): Network {
  const name = (index: number): string => `${prefix}r${index}`;
  const links = counted(routers - 1);
  const addresses = (index: number): readonly (readonly [link: string, address: string])[] => [
    ...(index > 0 ? [["left", `10.1.${index - 1}.2/24`] as const] : []),
    ...(index < routers - 1 ? [["right", `10.1.${index}.1/24`] as const] : []),
  ];
  const routes = (index: number): readonly (readonly [to: string, via: string])[] =>
    links.flatMap((link) => {
      if (link === index || link === index - 1) return [];
      return [[`10.1.${link}.0/24`, link > index ? `10.1.${index}.2` : `10.1.${index - 1}.1`] as const];
    });
  const place = (index: number, extra: string): readonly string[] => [
    `  ${name(index)}:`,
    "    forwarding: true",
    "    links:",
    ...addresses(index).map(([link, address]) => {
      const peer = link === "right" ? `peer: ${name(index + 1)}/left, ` : "";
      return `      ${link}: { ${peer}addresses: [${address}${link === "right" ? extra : ""}] }`;
    }),
    "    routes:",
    ...routes(index).map(([to, via]) => `      - { to: ${to}, via: ${via} }`),
  ];
  return {
    name: `chain of ${routers} routers`,
    topology: (changed) =>
      [
        "topology: chain",
        "namespaces:",
        ...counted(routers).flatMap((index) => place(index, changed && index === 0 ? ", 10.1.0.9/24" : "")),
      ].join("\n"),
    batches: new Map<string, readonly string[]>([
      [
        "",
        [
          ...counted(routers).map((index) => `netns add ${name(index)}`),
          ...links.map(
            (index) => `link add right netns ${name(index)} type veth peer name left netns ${name(index + 1)}`,
          ),
        ],
      ],
      ...counted(routers).map((index) => {
        const own = addresses(index).flatMap(([link, address]) => [
          `addr add ${address} dev ${link}`,
          `link set ${link} up`,
        ]);
        return [
          name(index),
          ["link set lo up", ...own, ...routes(index).map(([to, via]) => `route add ${to} via ${via}`)],
        ] as const;
      }),
    ]),
    change: [name(0), ["addr add 10.1.0.9/24 dev right"]],
  };
}

async function ip(host: Host, network: string, lines: readonly string[]): Promise<void> {
  const where = network === "" ? [] : ["-n", network];
  await runOrThrow(host, ["ip", ...where, "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
}

/** Names and links are gone. What the kernel frees behind them, it frees behind both. */
async function isBare(host: Host): Promise<boolean> {
  return (await run(host, "ip -br link")).stdout.trim().split("\n").length === 1;
}

await using host = await createHost({ label: "topology" });
const directory = await mkdtemp("/run/weft-bench-");
const environment = { WEFT_NETNS: join(directory, "netns") };
const weft = (...args: readonly string[]): Promise<string> =>
  runOrThrow(host, [...weftCommand(), ...args], { environment });

const comparisons = [];
for (const network of [fan(), chain()]) {
  const [file, changed] = [join(directory, "first.yaml"), join(directory, "second.yaml")];
  await Bun.write(file, network.topology(false));
  await Bun.write(changed, network.topology(true));
  const samples = await alternate(
    [
      {
        name: "ip -batch",
        run: async () => ({
          up: await timed(async () => {
            for (const [namespace, lines] of network.batches) await ip(host, namespace, lines);
          }),
          change: await timed(() => ip(host, ...network.change)),
          down: await timed(async () => {
            const names = [...network.batches.keys()].filter((name) => name !== "");
            const bridge = network.batches.get("")?.[0]?.startsWith("link add br0") === true ? ["link del br0"] : [];
            await ip(host, "", [...names.map((name) => `netns del ${name}`), ...bridge]);
            await waitFor(() => isBare(host), { timeoutMs: 60_000 });
          }),
        }),
      },
      {
        name: "weft",
        run: async () => ({
          up: await timed(() => weft("up", "-f", file)),
          change: await timed(() => weft("up", "-f", changed)),
          down: await timed(async () => {
            await weft("down", "-f", changed);
            await waitFor(() => isBare(host), { timeoutMs: 60_000 });
          }),
        }),
      },
    ],
    { rounds, warmup: 1, inARow: 1 },
  );
  for (const [key, what] of Object.entries({ up: "bring up a", change: "change one link of a", down: "take down a" })) {
    comparisons.push(
      compare({
        ...{ what: `${what} ${network.name}`, unit: "ms", better: "less", ours: median(samples["weft"]?.[key] ?? []) },
        peer: { name: "ip -batch", value: median(samples["ip -batch"]?.[key] ?? []) },
        ...(key === "up" && { wanted: { kind: "ratio", atLeast: 1 } as const }),
      }),
    );
  }
}
await rm(directory, { recursive: true });
await report({ name: "topology", comparisons, facts: { rounds, iproute2: await runOrThrow(host, "ip -V") } });
