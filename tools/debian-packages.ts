/** A package of Debian that tests or benches need; the program itself needs none. */
export interface DebianPackage {
  readonly name: string;
  readonly reason: string;
}

/** Installed by `npm test` when missing. */
export const testPackages: readonly DebianPackage[] = [
  {
    name: "iproute2",
    reason: "makes the namespaces that tests run in, and bears witness to links, addresses and routes",
  },
  { name: "nftables", reason: "bears witness to rules, and plays an administrator's own firewall" },
  { name: "iptables", reason: "plays a foreign firewall that must stay as it is" },
  { name: "conntrack", reason: "bears witness to tracked flows" },
  { name: "tcpdump", reason: "bears witness to packets" },
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
  { name: "procps", reason: "sysctl bears witness to switches of the kernel" },
  {
    name: "docker-compose",
    reason: "reads Compose files by itself, without an engine: what we make of a file must be what it makes of it",
  },
];

/** What `npm run bench` measures against; it says so when one is missing. Installing docker.io starts a dockerd on the machine. */
export const benchPackages: readonly DebianPackage[] = [
  { name: "docker.io", reason: "the engine that we compare with" },
  { name: "sockperf", reason: "measures the latency of requests" },
  { name: "dnsperf", reason: "asks name servers as fast as they answer" },
  { name: "unbound", reason: "a name server that we compare with" },
  { name: "aardvark-dns", reason: "a name server that we compare with" },
];

/** Those of the packages that this machine has not installed. */
export function missingPackages(packages: readonly DebianPackage[]): readonly DebianPackage[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in.
  const query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n"];
  const answer = Bun.spawnSync([...query, ...packages.map(({ name }) => name)], { stderr: "ignore" });
  const installed = new Set(answer.stdout.toString().split("\n"));
  return packages.filter(({ name }) => !installed.has(`${name} installed`));
}

/** Installs what is missing. @throws {Error} When apt-get cannot, with its own words. */
export function installPackages(packages: readonly DebianPackage[]): void {
  const missing = missingPackages(packages).map(({ name }) => name);
  if (missing.length === 0) return;
  process.stderr.write(`Installing Debian packages that tests need: ${missing.join(" ")} …\n`);
  aptGet(["update"]);
  aptGet(["install", "--yes", "--no-install-recommends", ...missing]);
}

function aptGet(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = Bun.spawnSync(["apt-get", "--quiet=2", ...args], { env, stdin: "ignore" });
  if (apt.exitCode === 0) return;
  throw new Error(`Cannot apt-get ${args.join(" ")}: ${apt.stderr.toString().trim()}`);
}
