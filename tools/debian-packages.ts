import { existsSync, rmSync, writeFileSync } from "node:fs";

/** A package of Debian that tests or benches need; the program itself needs none. */
export interface DebianPackage {
  readonly name: string;
  readonly reason: string;
  /** What it would start on this machine, now and with every boot: when we install it, that is switched off. */
  readonly services?: readonly string[];
}

/** Installed by `npm test` when missing. */
export const testPackages: readonly DebianPackage[] = [
  {
    name: "iproute2",
    reason: "makes the namespaces that tests run in, and bears witness to links, addresses and routes",
  },
  { name: "nftables", reason: "bears witness to rules, and plays an administrator's own firewall" },
  { name: "iptables", reason: "plays a foreign firewall that must stay as it is" },
  { name: "ufw", reason: "plays the firewall of a host", services: ["ufw.service"] },
  { name: "firewalld", reason: "plays the firewall of a host", services: ["firewalld.service"] },
  { name: "dbus-daemon", reason: "firewalld listens on a bus" },
  { name: "conntrack", reason: "bears witness to tracked flows" },
  { name: "tcpdump", reason: "bears witness to packets, and to what filters mean" },
  { name: "tshark", reason: "with capinfos reads the capture files that we write, as Wireshark does" },
  { name: "bind9-dnsutils", reason: "dig asks our resolver" },
  { name: "curl", reason: "asks published ports" },
  { name: "iputils-ping", reason: "shows who reaches whom" },
  { name: "dnsmasq-base", reason: "plays an upstream name server" },
  { name: "iperf3", reason: "moves bytes between sandboxes" },
  { name: "socat", reason: "plays servers and clients of every protocol" },
  { name: "netcat-openbsd", reason: "plays small servers and clients" },
  { name: "busybox-static", reason: "small programs that run in a sandbox" },
  { name: "zsh", reason: "completes our commands" },
  { name: "fish", reason: "completes our commands" },
  { name: "python3", reason: "its module ipaddress bears witness to our arithmetic, and it answers UDP in tests" },
  { name: "python3-jsonschema", reason: "holds topology files against the schema that editors have" },
  { name: "python3-yaml", reason: "reads those files for it" },
  { name: "graphviz", reason: "reads the DOT that we write" },
  { name: "libxml2-utils", reason: "xmllint reads the SVG that we write" },
  { name: "procps", reason: "sysctl bears witness to switches of the kernel" },
  {
    name: "containerd",
    reason: "a runtime that calls our CNI plugin",
    services: ["containerd.service"],
  },
  {
    name: "containernetworking-plugins",
    reason: "the reference CNI plugins: ours stand before, behind and beside them",
  },
  {
    name: "podman",
    reason: "a runtime that calls our CNI plugin",
    services: ["podman.socket", "podman-restart.service", "podman-auto-update.timer"],
  },
  { name: "crun", reason: "runs podman's containers without cgroups" },
  {
    name: "docker-compose",
    reason: "reads Compose files by itself, without an engine: what we make of a file must be what it makes of it",
  },
  {
    name: "docker.io",
    reason: "the engine that we compare with, and the client that must not tell us from it",
    services: ["docker.service", "docker.socket", "containerd.service"],
  },
  { name: "python3-docker", reason: "another client of Docker's API that must not tell us from it" },
];

/** What `npm run bench` measures against beside them, installed by it when missing. */
export const benchPackages: readonly DebianPackage[] = [
  { name: "sockperf", reason: "measures the latency of requests" },
  { name: "dnsperf", reason: "asks name servers as fast as they answer" },
  { name: "unbound", reason: "a name server that we compare with", services: ["unbound.service"] },
  { name: "aardvark-dns", reason: "a name server that we compare with" },
  { name: "netavark", reason: "podman's network stack, which we compare with" },
  { name: "mininet", reason: "makes networks of namespaces, as topology files do" },
  { name: "bridge-utils", reason: "Mininet makes bridges by its brctl" },
];

/** Those of the packages that this machine has not installed. */
export function missingPackages(packages: readonly DebianPackage[]): readonly DebianPackage[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in.
  const query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n"];
  const answer = Bun.spawnSync([...query, ...packages.map(({ name }) => name)], { stderr: "ignore" });
  const installed = new Set(answer.stdout.toString().split("\n"));
  return packages.filter(({ name }) => !installed.has(`${name} installed`));
}

/** Installs what is missing, and starts none of it. @throws {Error} When apt-get cannot, with its own words. */
export function installPackages(packages: readonly DebianPackage[]): void {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  process.stderr.write(`Installing Debian packages: ${names.join(" ")} …\n`);
  using _ = forbidStarts();
  aptGet(["update"]);
  aptGet(["install", "--yes", "--no-install-recommends", ...names]);
  const services = missing.flatMap((each) => each.services ?? []);
  // Without systemd there is nothing to switch off.
  if (services.length > 0 && Bun.which("systemctl") !== null) {
    Bun.spawnSync(["systemctl", "disable", ...services], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  }
}

/** What maintainer scripts ask before they start a service: see invoke-rc.d(8). */
const POLICY = "/usr/sbin/policy-rc.d";

/** Until it is disposed of, no package that is installed starts a service, unless the machine has a policy of its own. */
function forbidStarts(): Disposable {
  if (existsSync(POLICY)) return { [Symbol.dispose]() {} };
  writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return { [Symbol.dispose]: () => rmSync(POLICY, { force: true }) };
}

function aptGet(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = Bun.spawnSync(["apt-get", "--quiet=2", ...args], { env, stdin: "ignore" });
  if (apt.exitCode === 0) return;
  throw new Error(`Cannot apt-get ${args.join(" ")}: ${apt.stderr.toString().trim()}`);
}
