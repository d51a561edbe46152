/**
 * A chain of routers and a fan of hosts: up, one link changed, and down, beside the same lines in `ip -batch`, one for each namespace,
 * and beside Mininet. We mark what we make, switch forwarding off where it is not asked for, and look at all of it before a change;
 * `ip` is told what to change and looks at nothing, and Mininet knows from memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createHost, type Host, run, runOrThrow, waitFor, weftCommand } from "../test/support/mod.ts";
import { alternate, compare, type MininetWish, median, report, timed, timeMininet } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 5);
const routers = Number(process.env["WEFT_BENCH_ROUTERS"] ?? 100);
/** Mininet takes a minute for the fan: it has a turn in so many rounds, one or two. */
const mininetEvery = Number(process.env["WEFT_BENCH_MININET_EVERY"] ?? 3);
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
  /** @param directory For files that it reads. */
  readonly mininet: (directory: string) => Promise<MininetWish>;
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
    mininet: async () => ({
      kind: "fan",
      hosts: counted(hosts).map((index) => [`h${index}`, own(index)]),
      change: [`h${last}`, `ip addr del ${own(last)} dev h${last}-eth0; ip addr add 10.99.0.1/8 dev h${last}-eth0`],
    }),
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
    mininet: async (directory) => ({
      kind: "chain",
      routers: counted(routers).map((index) => `r${index}`),
      links: links.map((index) => [
        [`r${index}`, `10.1.${index}.1/24`],
        [`r${index + 1}`, `10.1.${index}.2/24`],
      ]),
      batches: await Promise.all(
        counted(routers).map(async (index) => {
          const path = join(directory, `routes-${index}`);
          await Bun.write(
            path,
            `${routes(index)
              .map(([to, via]) => `route add ${to} via ${via}`)
              .join("\n")}\n`,
          );
          return [`r${index}`, path] as const;
        }),
      ),
      change: ["r0", "ip addr add 10.1.0.9/24 dev r0-r"],
    }),
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
  const wish = await network.mininet(directory);
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
      {
        name: "Mininet",
        async run(round) {
          if (round % mininetEvery !== 1) return {};
          const bare = (): Promise<unknown> => waitFor(() => isBare(host), { timeoutMs: 60_000 });
          return { ...(await timeMininet(host, wish, bare)) };
        },
      },
    ],
    { rounds, warmup: 1, inARow: 1 },
  );
  const wanted = { up: 1, down: 1, change: undefined } as const;
  for (const [key, what] of Object.entries({ up: "bring up a", change: "change one link of a", down: "take down a" })) {
    const ours = median(samples["weft"]?.[key] ?? []);
    for (const [peer, factor] of [
      ["ip -batch", wanted[key as keyof typeof wanted]] as const,
      ["Mininet", 3] as const,
    ]) {
      const isWanted = factor !== undefined && (peer === "ip -batch" || key !== "change");
      comparisons.push(
        compare({
          ...{ what: `${what} ${network.name}`, unit: "ms", better: "less", ours },
          peer: { name: peer, value: median(samples[peer]?.[key] ?? []) },
          ...(isWanted && { wanted: { kind: "ratio", atLeast: factor } as const }),
        }),
      );
    }
  }
}
await rm(directory, { recursive: true });
await report({ name: "topology", comparisons, facts: { rounds, iproute2: await runOrThrow(host, "ip -V") } });
