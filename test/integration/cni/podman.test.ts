import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ask,
  type CniHost,
  createCniHost,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  run,
  runOrThrow,
  type Spawned,
  serve,
  spawnIn,
  waitFor,
  witness,
} from "../../support/mod.ts";

/** A configuration of a node's own; the others podman writes, and they name the reference plugins. */
const pods = {
  cniVersion: "1.0.0",
  name: "pods",
  plugins: [
    {
      type: "weft",
      mode: "routed",
      ipMasq: true,
      capabilities: { portMappings: true, ips: true },
      ipam: { type: "weft", ranges: [[{ subnet: "10.77.0.0/24" }]] },
    },
  ],
};

/**
 * Podman has a mount namespace of its own, so that its state ends with it. `$1` is our run directory: who cleans up after a container
 * has none of podman's variables. crun serves no cgroups of both versions at once.
 */
const NODE = `
set -e
mount --make-rprivate /
mount -t tmpfs node /mnt; mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/var/lib,upperdir=/mnt/upper,workdir=/mnt/work node /var/lib
mount -t tmpfs node /run
mkdir /run/netns /run/weft
mount --bind "$1" /run/weft
! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
echo $$
exec sleep infinity
`;

const { host: hostAddress, outside: outsideAddress } = outsideAddresses;
const published = { address: hostAddress.ipv4, port: 8080, protocol: "tcp" } as const;

/** A container as a place, and how podman sees it. */
interface Inspected {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string; readonly MacAddress: string }>>;
  };
}

describe.if(privileged)("podman with its CNI backend", () => {
  const stack = new AsyncDisposableStack();
  let cni: CniHost;
  let node: Spawned;
  let command: readonly string[];

  async function podman(line: string): Promise<string> {
    return (await runOrThrow(cni.host, [...command, ...line.split(" ")])).trimEnd();
  }

  async function inspect(name: string): Promise<Inspected & Place> {
    const [found] = JSON.parse(await podman(`inspect ${name}`)) as [Inspected];
    return { ...found, netnsPath: `/proc/${found.State.Pid}/ns/net` };
  }

  const start = (name: string, options: string) =>
    podman(`run --detach --name ${name} ${options} weft-test:1 /bin/sleep 1000000`);

  /** Who cleans up after a container is a process that podman does not wait for. */
  const waitForNo = (text: string): Promise<unknown> =>
    waitFor(async () => !JSON.stringify(await witness(cni.host, "nft -j list ruleset")).includes(text), {
      what: `a ruleset without ${text}`,
    });

  beforeAll(async () => {
    cni = stack.use(await createCniHost("cni-podman"));
    const folder = join(cni.runDirectory, "podman");
    await makeFolder(folder, cni);
    node = stack.use(spawnIn(cni.host, ["unshare", "--mount", "sh", "-c", NODE, "node", cni.runDirectory]));
    const pid = await waitFor(() => node.output().match(/^\d+$/m)?.[0], { what: "a mount namespace for podman" });
    command = [
      ...["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--"],
      ...["env", `CONTAINERS_CONF=${folder}/containers.conf`, `CONTAINERS_STORAGE_CONF=${folder}/storage.conf`],
      ...["podman", `--tmpdir=${folder}/tmp`],
    ];
    await runOrThrow(cni.host, ["tar", "-C", `${folder}/rootfs`, "-cf", `${folder}/image.tar`, "."]);
    await podman(`import --quiet ${folder}/image.tar weft-test:1`);
    await podman("network create --subnet 10.91.1.0/24 front");
    await podman("network create --ipv6 --subnet 10.91.2.0/24 --subnet fd00:91::/64 back");
  });
  afterAll(async () => {
    if (command !== undefined) await run(cni.host, [...command, "rm", "--all", "--force", "--time=0"]);
    await stack.disposeAsync();
  });

  test("the networks that it makes itself name the reference plugins: address, gateway, outside, published port", async () => {
    await start("web", "--network front --publish 8080:80");
    const web = await inspect("web");
    expect(web.NetworkSettings.Networks["front"]).toMatchObject({ IPAddress: "10.91.1.2" });
    expect(await witness(web, "ip -j -4 addr show dev eth0")).toMatchObject([
      { operstate: "UP", addr_info: [{ local: "10.91.1.2", prefixlen: 24 }] },
    ]);
    expect(await pings(web, "10.91.1.1", { expected: true })).toBe(true);
    expect(await pings(web, outsideAddress.ipv4, { expected: true })).toBe(true);
    await using _ = await serve(web, "web", [80]);
    expect(await ask(cni.outside, published, { expected: true })).toEqual({ by: "web", from: outsideAddress.ipv4 });
  });

  test("a second network joined while it runs; the published port and the way out outlive the first", async () => {
    await podman("network connect back web");
    const web = await inspect("web");
    expect(Object.keys(web.NetworkSettings.Networks).toSorted()).toEqual(["back", "front"]);
    for (const gateway of ["10.91.1.1", "10.91.2.1", "fd00:91::1"]) {
      expect(await pings(web, gateway, { expected: true })).toBe(true);
    }
    await podman("network disconnect front web");
    const links = (await witness(web, "ip -j link")) as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(["lo", "eth1"]);
    expect(await pings(web, outsideAddress.ipv4, { expected: true })).toBe(true);
    await using _ = await serve(web, "web", [80]);
    expect(await ask(cni.outside, published, { expected: true })).toEqual({ by: "web", from: outsideAddress.ipv4 });
    await podman("network connect front web");
    await podman("network disconnect back web");
    expect(await ask(cni.outside, published, { expected: true })).toEqual({ by: "web", from: outsideAddress.ipv4 });
  });

  test("a neighbour with an address and a MAC that somebody chose", async () => {
    await start("db", "--network front:ip=10.91.1.77,mac=02:00:00:00:00:77");
    const db = await inspect("db");
    expect(db.NetworkSettings.Networks["front"]).toMatchObject({
      IPAddress: "10.91.1.77",
      MacAddress: "02:00:00:00:00:77",
    });
    expect(await pings(await inspect("web"), "10.91.1.77", { expected: true })).toBe(true);
  });

  test("a configuration of our own type", async () => {
    await start("pod", "--network pods:ip=10.77.0.9 --publish 8081:80/udp");
    const pod = await inspect("pod");
    expect(await pings(pod, outsideAddress.ipv4, { expected: true })).toBe(true);
    await using _ = await serve(pod, "pod", [80]);
    const ownPort = { address: hostAddress.ipv4, port: 8081, protocol: "udp" } as const;
    expect(await ask(cni.outside, ownPort, { expected: true })).toEqual({ by: "pod", from: outsideAddress.ipv4 });
  });

  test("a container that is stopped and started has its network again, and one that is removed leaves nothing", async () => {
    await podman("stop --time=0 web");
    await waitForNo("10.91.1.");
    await podman("start web");
    expect(await pings(await inspect("web"), outsideAddress.ipv4, { expected: true })).toBe(true);
    await podman("rm --all --force --time=0");
    await waitForNo('"elem"');
    const links = (await witness(cni.host, "ip -j link")) as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname).filter((name) => name.startsWith("veth"))).toEqual([]);
  });
});

/** Podman's configuration, its folders, and a tree for an image. */
async function makeFolder(folder: string, { pluginDirectory }: CniHost): Promise<void> {
  for (const name of [
    "net.d",
    "tmp",
    ...["bin", "proc", "sys", "dev", "etc", "run", "tmp"].map((each) => `rootfs/${each}`),
  ])
    await mkdir(join(folder, name), { recursive: true });
  await copyFile("/usr/bin/busybox", join(folder, "rootfs/bin/busybox"));
  await symlink("busybox", join(folder, "rootfs/bin/sleep"));
  await writeFile(join(folder, "net.d/10-pods.conflist"), JSON.stringify(pods));
  // Unlike Docker, podman asks for more open files than this machine may allow.
  const configuration = `[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
[network]
network_backend = "cni"
cni_plugin_dirs = ["${pluginDirectory}"]
network_config_dir = "${folder}/net.d"
`;
  const storage = `[storage]
driver = "vfs"
runroot = "${folder}/runroot"
graphroot = "${folder}/graph"
`;
  await writeFile(join(folder, "containers.conf"), configuration);
  await writeFile(join(folder, "storage.conf"), storage);
}
