import { expect, test } from "bun:test";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceWithText } from "../../../src/doors/cli/values/replace-file.ts";
import { createHost, privileged, run, runOrThrow, weftCommand } from "../../support/mod.ts";

test.if(privileged)(
  "cni install puts plugin, links and configuration in place whole, and keeps a configuration",
  async () => {
    await using host = await createHost({ label: "cni-install" });
    await using folder = await temporary();
    const [bin, conf] = [join(folder.path, "bin"), join(folder.path, "net.d")];
    const install = (...more: string[]) =>
      run(host, [...weftCommand(), "cni", "install", "--bin-dir", bin, "--conf-dir", conf, ...more]);
    expect(await install("--link", "bridge,portmap", "--json")).toMatchObject({ exitCode: 0 });
    expect((await readdir(bin)).sort()).toEqual(["bridge", "portmap", "weft"]);
    expect(await readlink(join(bin, "bridge"))).toBe("weft");
    expect((await lstat(join(bin, "weft"))).mode & 0o777).toBe(0o755);
    expect(await readdir(conf)).toEqual(["10-weft.conflist"]);
    const version = await run(host, ["env", "CNI_COMMAND=VERSION", join(bin, "bridge")]);
    expect(JSON.parse(version.stdout)).toMatchObject({ cniVersion: "1.1.0" });
    await writeFile(join(conf, "10-weft.conflist"), "{}");
    expect(await install()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("--force replaces it") });
    expect(await readFile(join(conf, "10-weft.conflist"), "utf8")).toBe("{}");
    expect(await install("--force", "--mode", "routed", "--subnet", "10.9.0.0/24")).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(await readFile(join(conf, "10-weft.conflist"), "utf8"))).toMatchObject({
      plugins: [{ mode: "routed", ipam: { ranges: [[{ subnet: "10.9.0.0/24" }]] } }],
    });
    expect((await install("--link", "vlan")).exitCode).not.toBe(0);
  },
);

test.if(privileged)("cni status says what lacks, and --fix mends it now and with every boot", async () => {
  await using host = await createHost({ label: "cni-status" });
  await using folder = await temporary();
  const sysctlFile = join(folder.path, "sysctl.d", "90-weft-cni.conf"); // a folder that is not there yet
  const status = async (...more: string[]) => {
    const words = ["cni", "status", "--json", "--conf-dir", folder.path, "--sysctl-file", sysctlFile, ...more];
    const { stdout, exitCode } = await run(host, [...weftCommand(), ...words]);
    const findings = JSON.parse(stdout) as { what: string; state: string; sentence: string }[];
    return { exitCode, lacking: findings.filter(({ state }) => state === "lacking").map(({ sentence }) => sentence) };
  };
  await runOrThrow(
    host,
    "sysctl -q net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.bridge.bridge-nf-call-iptables=0",
  );
  await runOrThrow(host, "nft add table ip strict");
  await runOrThrow(host, ["nft", "add chain ip strict forward { type filter hook forward priority 0; policy drop; }"]);
  const before = await status();
  expect(before.exitCode).toBe(1);
  expect(before.lacking).toEqual([
    "net.ipv4.ip_forward is 0, want 1",
    "net.ipv6.conf.all.forwarding is 0, want 1",
    "net.bridge.bridge-nf-call-iptables is 0, want 1",
    "chain forward of table ip strict drops what no rule accepts: accept the containers' subnets there",
    `${folder.path} has none: weft cni install writes one`,
  ]);
  await writeFile(join(folder.path, "10-other.conflist"), JSON.stringify({ plugins: [{ type: "bridge" }] }));
  await runOrThrow(host, "nft delete table ip strict");
  expect(await status("--fix")).toEqual({ exitCode: 0, lacking: [] });
  expect((await runOrThrow(host, "sysctl -n net.ipv4.ip_forward")).trim()).toBe("1");
  // What a boot does with the file.
  await runOrThrow(host, "sysctl -q net.ipv4.ip_forward=0");
  await runOrThrow(host, ["sysctl", "-q", "-p", sysctlFile]);
  expect(await status()).toEqual({ exitCode: 0, lacking: [] });
  // A file whose last line was left open by hand.
  await runOrThrow(host, "sysctl -q net.ipv4.ip_forward=0");
  await writeFile(sysctlFile, "net.ipv4.tcp_syncookies = 1");
  expect(await status("--fix")).toEqual({ exitCode: 0, lacking: [] });
  expect(await readFile(sysctlFile, "utf8")).toBe("net.ipv4.tcp_syncookies = 1\nnet.ipv4.ip_forward = 1\n");
  await mkdir(join(folder.path, "00-first.conf"));
  expect((await status()).lacking).toEqual([
    "00-first.conf is no file that can be read: no runtime takes another then",
  ]);
});

test("what replaces a file says which one cannot be written", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "taken");
  await mkdir(path);
  await expect(replaceWithText(path, "")).rejects.toMatchObject({
    kind: "storage",
    message: expect.stringContaining(path),
  });
  expect(await readdir(folder.path)).toEqual(["taken"]);
});

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `weft-test-${process.pid}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
