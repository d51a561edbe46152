import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bindNetns,
  createNetns,
  currentNetns,
  inNetns,
  openNetns,
  openNetnsOfPid,
  readSysctl,
  SystemCallError,
  unbindNetns,
  unshareNetnsDirectory,
  writeSysctl,
} from "./mod.ts";

const privileged = process.getuid?.() === 0;

function links(): readonly string[] {
  return readdirSync("/proc/thread-self/net/dev_snmp6").sort();
}

function freshDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "weft-a-"));
  return {
    path,
    [Symbol.dispose]() {
      unshareNetnsDirectory(path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

describe.if(privileged)("network namespaces", () => {
  test("are entered and left, also when the body throws", () => {
    using home = currentNetns();
    using netns = createNetns();
    expect(netns.isSame(home)).toBe(false);
    expect(inNetns(netns, links)).toEqual(["lo"]);
    expect(() =>
      inNetns(netns, () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    using after = currentNetns();
    expect(after.isSame(home)).toBe(true);
  });

  test("may be nested", () => {
    using outer = createNetns();
    using inner = createNetns();
    using home = currentNetns();
    const seen = inNetns(outer, () => {
      const made = inNetns(inner, () => createNetns());
      using _made = made;
      using here = currentNetns();
      return { made: made.identity, here: here.identity };
    });
    expect(seen.here).toEqual(outer.identity);
    expect(seen.made).not.toEqual(inner.identity);
    using after = currentNetns();
    expect(after.isSame(home)).toBe(true);
  });

  test("refuse promises", () => {
    using netns = createNetns();
    // @ts-expect-error a body that awaits would go on outside
    inNetns(netns, async () => 1);
  });

  test("are bound to a path, opened by it, and unbound", () => {
    using directory = freshDirectory();
    const path = join(directory.path, "deep", "one");
    using netns = createNetns();
    bindNetns(netns, path);
    using _deep = { [Symbol.dispose]: () => unshareNetnsDirectory(join(directory.path, "deep")) };
    {
      using opened = openNetns(path);
      expect(opened.isSame(netns)).toBe(true);
    }
    const witness = Bun.spawnSync(["nsenter", `--net=${path}`, "ls", "/proc/self/ns/net", "-L", "-i"]);
    expect(witness.stdout.toString()).toContain(String(netns.identity.ino));
    expect(readFileSync("/proc/self/mountinfo", "utf8")).toContain(path);
    expect(() => bindNetns(netns, path)).toThrow(`Cannot open ${path}: EEXIST`);
    unbindNetns(path);
    expect(existsSync(path)).toBe(false);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(path);
    unbindNetns(path); // harmless
  });

  test("leave a file that a crash left unbound to be cleaned up", () => {
    using directory = freshDirectory();
    const path = join(directory.path, "left");
    writeFileSync(path, "");
    unbindNetns(path);
    expect(existsSync(path)).toBe(false);
  });

  test("are unbound for a copied mount namespace, too", async () => {
    using directory = freshDirectory();
    const path = join(directory.path, "one");
    using netns = createNetns();
    bindNetns(netns, path);
    await using copy = Bun.spawn(["unshare", "--mount", "--propagation", "slave", "cat"], { stdin: "pipe" });
    const mounts = () => readFileSync(`/proc/${copy.pid}/mountinfo`, "utf8");
    while (readFileSync(`/proc/${copy.pid}/comm`, "utf8").trim() !== "cat") await Bun.sleep(5);
    expect(mounts()).toContain(path);
    unbindNetns(path);
    expect(mounts()).not.toContain(path);
    copy.stdin.end();
    await copy.exited;
  });

  test("are opened by process", () => {
    using home = currentNetns();
    using own = openNetnsOfPid(process.pid);
    expect(own.isSame(home)).toBe(true);
  });

  test.each([
    {
      name: "a missing file",
      open: () => openNetns("/nowhere/at/all"),
      errno: "ENOENT",
      text: "Cannot open network namespace /nowhere/at/all: ENOENT",
    },
    { name: "a plain file", open: () => openNetns("/etc/passwd"), errno: "EINVAL", text: "it is no network namespace" },
    {
      name: "another kind of namespace",
      open: () => openNetns("/proc/self/ns/mnt"),
      errno: "EINVAL",
      text: "it is no network namespace",
    },
    { name: "a missing process", open: () => openNetnsOfPid(4_194_305), errno: "ESRCH", text: "no such process" },
  ])("are not $name", ({ open, errno, text }) => {
    expect(open).toThrow(text);
    expect(open).toThrow(expect.objectContaining({ name: "SystemCallError", errno }));
  });

  test("have sysctls of their own", () => {
    using netns = createNetns();
    const before = readSysctl("net/ipv4/conf/lo/forwarding");
    inNetns(netns, () => {
      writeSysctl("net/ipv4/conf/lo/forwarding", "1");
      expect(readSysctl("net/ipv4/conf/lo/forwarding")).toBe("1");
      writeSysctl("net/ipv4/ping_group_range", "0 2147483647");
      expect(readSysctl("net/ipv4/ping_group_range")).toBe("0\t2147483647");
      expect(() => writeSysctl("net/ipv4/conf/lo/forwarding", "x")).toThrow(
        'Cannot set sysctl net/ipv4/conf/lo/forwarding to "x": EINVAL',
      );
      expect(() => writeSysctl("net/ipv4/conf/a.b/forwarding", "1")).toThrow(SystemCallError);
    });
    expect(readSysctl("net/ipv4/conf/lo/forwarding")).toBe(before);
    for (const path of ["", "net/../kernel/hostname", "/net/ipv4/ip_forward", "net//ipv4", "net/\0"]) {
      expect(() => writeSysctl(path, "1")).toThrow(SyntaxError);
    }
  });

  test("and descriptors can be disposed of twice", () => {
    const netns = createNetns();
    netns[Symbol.dispose]();
    netns[Symbol.dispose]();
    expect(() => netns.fd).toThrow("it is closed");
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 50; round++) {
      using one = createNetns();
      inNetns(one, () => readSysctl("net/ipv4/ip_forward"));
      expect(() => openNetns("/etc/passwd")).toThrow();
    }
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });
});
