import { afterAll, describe, expect, test } from "bun:test";
import { inNetns, openNetnsOfPid, SystemCallError } from "../../sys/mod.ts";
import { boundNamespaces } from "./list-netns.ts";
import {
  createNamedNetns,
  listNetns,
  nameNetns,
  netnsPath,
  openReferencedNetns,
  parseNetnsName,
  unnameNetns,
} from "./mod.ts";

const privileged = process.getuid?.() === 0;
const name = parseNetnsName(`a-test-${process.pid}`);
const second = parseNetnsName(`a-test-${process.pid}-second`);

function ipNetnsNames(): readonly string[] {
  const text = Bun.spawnSync(["ip", "-j", "netns", "list"]).stdout.toString();
  const list: readonly { name: string }[] = text.trim() === "" ? [] : JSON.parse(text);
  return list.map((entry) => entry.name);
}

afterAll(() => {
  if (!privileged) return;
  unnameNetns(name);
  unnameNetns(second);
});

describe.if(privileged)("named namespaces", () => {
  test("are those of ip netns, found by name, path and process", async () => {
    using netns = createNamedNetns(name);
    expect(ipNetnsNames()).toContain(name);
    await using inside = inNetns(netns, () => Bun.spawn(["sleep", "60"]));
    while (!listNetns().some(({ ino, pids }) => ino === netns.identity.ino && pids.includes(inside.pid)))
      await Bun.sleep(5);
    for (const reference of [
      { kind: "name", name },
      { kind: "path", path: netnsPath(name) },
      { kind: "pid", pid: inside.pid },
    ] as const) {
      using opened = openReferencedNetns(reference);
      expect(opened.isSame(netns)).toBe(true);
    }
    nameNetns(netns, second);
    const listed = listNetns().find(({ ino }) => ino === netns.identity.ino);
    expect(listed?.names.toSorted()).toEqual([name, second]);
    expect(listed?.pids).toEqual([inside.pid]);
    expect(() => nameNetns(netns, second)).toThrow(expect.objectContaining({ errno: "EEXIST" }));
    unnameNetns(second);
    unnameNetns(second);
    unnameNetns(name);
    expect(ipNetnsNames()).not.toContain(name);
    expect(() => openReferencedNetns({ kind: "name", name })).toThrow(SystemCallError);
    inside.kill();
  });

  test("made by ip netns are ours, too", () => {
    Bun.spawnSync(["ip", "netns", "add", name]);
    using opened = openReferencedNetns({ kind: "name", name });
    using own = openNetnsOfPid(process.pid);
    expect(opened.isSame(own)).toBe(false);
    unnameNetns(name);
    expect(ipNetnsNames()).not.toContain(name);
  });
});

test("mount points with odd letters are read", () => {
  const mountinfo = [
    "22 27 0:21 / /proc rw,relatime - proc proc rw",
    "62 61 0:4 net:[4026532246] /run/netns/a rw shared:31 - nsfs nsfs rw",
    "63 61 0:4 net:[4026532247] /tmp/with\\040space rw - nsfs nsfs rw",
    "64 61 0:4 mnt:[4026532248] /tmp/mounts rw - nsfs nsfs rw",
    "",
  ].join("\n");
  expect(boundNamespaces(mountinfo)).toEqual([
    { ino: 4026532246, path: "/run/netns/a" },
    { ino: 4026532247, path: "/tmp/with space" },
  ]);
});

test.each(["", ".", "..", "a/b", "a\0b", "x".repeat(256)])("%j is no name", (text) => {
  expect(() => parseNetnsName(text)).toThrow(SyntaxError);
});
