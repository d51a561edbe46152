import { type Place, runOrThrow } from "./command.ts";
import { isAlive, killAllIn } from "./processes.ts";

/** Whether this process may make namespaces. A test that needs it says `test.if(privileged)`; in CI a skipped test is a failure. */
export const privileged: boolean = process.getuid?.() === 0;

/** A network namespace that plays a whole machine: loopback up, and nothing else unless it has an uplink. */
export interface Host extends Place, AsyncDisposable {
  /** Of the namespace, as `ip netns` lists it. */
  readonly name: string;
  /** The machine at the other end of the uplink; only with an uplink. */
  readonly outside: Place;
}

export interface HostOptions {
  /** Part of the name, at most 20 letters, for people who look while a test runs. */
  readonly label?: string;
  /** Whether to have a link `uplink0` to a namespace that plays the outside, with the default routes through it. */
  readonly uplink?: boolean;
  /** Of the uplink; default 1,500. */
  readonly uplinkMtu?: number;
}

/** Addresses that a host with an uplink and its outside have. Outside has no route back to what lies behind the host. */
export const outsideAddresses = {
  host: { ipv4: "203.0.113.2", ipv6: "2001:db8:ffff::2" },
  outside: { ipv4: "203.0.113.1", ipv6: "2001:db8:ffff::1" },
} as const;

const prefix = "weft-test";
let counter = 0;
let swept = false;

/** Makes a fresh host. It goes away, with every process and link in it, when disposed of. */
export async function createHost({ label = "", uplink = false, uplinkMtu = 1500 }: HostOptions = {}): Promise<Host> {
  if (!swept) await sweep();
  counter += 1;
  const name = [prefix, process.pid, counter, ...(label === "" ? [] : [label.slice(0, 20)])].join("-");
  const outsideName = `${name}-outside`;
  const names = uplink ? [name, outsideName] : [name];
  await ipBatch(names.map((each) => `netns add ${each}`));
  const host: Host = {
    name,
    netnsPath: `/run/netns/${name}`,
    get outside(): Place {
      if (!uplink) throw new Error(`Cannot get the outside of ${name}: it was made without an uplink`);
      return { netnsPath: `/run/netns/${outsideName}` };
    },
    async [Symbol.asyncDispose]() {
      for (const each of names) await remove(each);
    },
  };
  await ipBatch(["link set lo up"], name);
  if (uplink) await connectOutside({ name, outsideName, mtu: uplinkMtu });
  return host;
}

interface UplinkSpec {
  readonly name: string;
  readonly outsideName: string;
  readonly mtu: number;
}

async function connectOutside({ name, outsideName, mtu }: UplinkSpec): Promise<void> {
  const { host, outside } = outsideAddresses;
  await ipBatch(
    [
      // Two ends of one index look to the kernel like no pair (linkwatch_urgent_event in net/core/link_watch.c), and it would
      // let the link carry nothing for up to a second after it came up.
      `link add uplink0 index 1000 mtu ${mtu} type veth peer name host0 mtu ${mtu} netns ${outsideName}`,
      `addr add ${host.ipv4}/24 dev uplink0`,
      `addr add ${host.ipv6}/64 dev uplink0 nodad`,
      "link set uplink0 up",
    ],
    name,
  );
  await ipBatch(
    [
      `addr add ${outside.ipv4}/24 dev host0`,
      `addr add ${outside.ipv6}/64 dev host0 nodad`,
      "link set lo up",
      "link set host0 up",
    ],
    outsideName,
  );
  await ipBatch([`route add default via ${outside.ipv4}`, `-6 route add default via ${outside.ipv6}`], name);
}

/** One `ip` for many lines: each start costs more than the line. */
async function ipBatch(lines: readonly string[], netns?: string): Promise<void> {
  const own: Place = { netnsPath: "/proc/self/ns/net" };
  const where = netns === undefined ? [] : ["-n", netns];
  // `-6` is an option of `ip`, which a batch line cannot carry: it takes the family from the address.
  const stdin = lines.map((line) => `${line.replace(/^-6 /, "")}\n`).join("");
  await runOrThrow(own, ["ip", ...where, "-batch", "-"], { stdin });
}

async function remove(name: string): Promise<void> {
  await killAllIn(`/run/netns/${name}`);
  await ipBatch([`netns delete ${name}`]);
}

/** Removes what killed runs left: namespaces whose name holds the pid of a process that is gone. */
async function sweep(): Promise<void> {
  swept = true;
  const names = await Array.fromAsync(new Bun.Glob(`${prefix}-*`).scan({ cwd: "/run/netns", onlyFiles: false })).catch(
    () => [],
  );
  for (const name of names) {
    const pid = Number(name.slice(prefix.length + 1).split("-")[0]);
    if (!isAlive(pid)) await remove(name).catch(() => undefined); // another run may sweep at the same time
  }
}
