import { expect, test } from "bun:test";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCniHost, outsideAddresses, privileged, run, witness } from "../../support/mod.ts";

const conflist = {
  cniVersion: "1.0.0",
  name: "pods",
  plugins: [
    {
      type: "weft",
      bridge: "cni0",
      isGateway: true,
      isDefaultGateway: true,
      ipMasq: true,
      ipam: { type: "weft", ranges: [[{ subnet: "10.77.0.0/24" }]] },
    },
  ],
};

/**
 * containerd as a node has it, but with state, run directory, plugins and configuration in a mount namespace of its own, which goes with
 * the script. `$1` is the folder of all that, `$2` the plugins', the rest what runs in the container.
 */
const NODE = `
set -e
mount --make-rprivate /
folder=$1; plugins=$2; shift 2
mount -t tmpfs node /opt; mkdir -p /opt/cni/bin; cp "$plugins"/* /opt/cni/bin/
mount -t tmpfs node /mnt; mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work node /etc
mkdir -p /etc/cni/net.d; cp "$folder/10-weft.conflist" /etc/cni/net.d/
mount -t tmpfs node /run
containerd --config "$folder/config.toml" >"$folder/log" 2>&1 &
daemon=$!
ctr="ctr --address $folder/containerd.sock --namespace weft-test-$$"
# A container whose network was refused is left made, with a process that waits.
trap '$ctr task delete --force weft-test-$$ >/dev/null 2>&1 || :; kill $daemon; wait $daemon || :; rmdir /sys/fs/cgroup/*/weft-test-$$ 2>/dev/null || :' EXIT
tries=0; until $ctr version >/dev/null 2>&1; do tries=$((tries+1)); [ $tries -lt 100 ] || exit 9; sleep 0.05; done
timeout 40 $ctr run --rm --cni --rootfs "$folder/rootfs" weft-test-$$ "$@"
`;

test.if(privileged)("containerd's ctr gives a container its network by us, and takes it back", async () => {
  await using cni = await createCniHost("cni-containerd");
  const folder = join(cni.runDirectory, "node");
  await mkdir(join(folder, "rootfs/bin"), { recursive: true });
  for (const name of ["proc", "sys", "dev", "etc"]) await mkdir(join(folder, "rootfs", name));
  await copyFile("/usr/bin/busybox", join(folder, "rootfs/bin/busybox"));
  for (const name of ["sh", "ip", "ping"]) await symlink("busybox", join(folder, "rootfs/bin", name));
  await writeFile(join(folder, "10-weft.conflist"), JSON.stringify(conflist));
  await writeFile(
    join(folder, "config.toml"),
    `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "${folder}/containerd.sock"
[ttrpc]
  address = "${folder}/containerd.sock.ttrpc"
`,
  );
  const inside = `ip -o addr show dev eth0; ip route; ping -c 1 -W 5 ${outsideAddresses.outside.ipv4}`;
  const { exitCode, stdout, stderr } = await run(cni.host, [
    ...["unshare", "--mount", "sh", "-c", NODE, "node", folder, cni.pluginDirectory, "/bin/sh", "-c", inside],
  ]);
  expect(`${exitCode} ${stderr}`).toBe("0 ");
  expect(stdout).toContain("inet 10.77.0.2/24");
  expect(stdout).toContain("default via 10.77.0.1 dev eth0");
  expect(stdout).toContain("1 packets received");
  expect(await witness(cni.host, "ip -j link show master cni0")).toEqual([]);
});
