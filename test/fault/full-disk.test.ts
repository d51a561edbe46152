import { expect, test } from "bun:test";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { createHost, type Daemon, privileged, Refused, request, runOrThrow, startDaemon } from "../support/mod.ts";
import { countRules, invariants } from "./invariants.ts";
import { list } from "./listing.ts";

/** The mount namespace's own place: to mount and unmount in the test's directory, never to touch a link. */
const here = { netnsPath: "/proc/self/ns/net" };

/** Puts a small disk of its own below the state directory of a daemon that does not run. */
async function giveSmallDisk({ stateDirectory }: Daemon): Promise<AsyncDisposable> {
  await runOrThrow(here, `mount -t tmpfs -o size=1M,mode=0700 tmpfs ${stateDirectory}`);
  return {
    async [Symbol.asyncDispose]() {
      await runOrThrow(here, `umount --lazy ${stateDirectory}`);
    },
  };
}

/** Leaves not one byte of it. */
function fill({ stateDirectory }: Daemon): Disposable {
  const path = `${stateDirectory}/logs/filler`; // beside what the invariants look at
  const fd = openSync(path, "w");
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  } finally {
    closeSync(fd);
  }
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

const program = { command: ["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"], restart: "always" };

/** Each change of the contract that the state has to remember. */
const changes: readonly { readonly method: "POST" | "DELETE"; readonly path: string; readonly body?: unknown }[] = [
  { method: "POST", path: "/networks", body: { name: "more", ipv6: true } },
  { method: "DELETE", path: "/networks/idle" },
  { method: "POST", path: "/networks/spare/connect", body: { sandbox: "plain" } },
  { method: "POST", path: "/networks/busy/disconnect", body: { sandbox: "plain" } },
  {
    ...{ method: "POST", path: "/sandboxes" },
    body: { name: "late", networks: [{ network: "busy" }], ports: [{ sandboxPorts: "80" }], process: program },
  },
  { method: "DELETE", path: "/sandboxes/plain" },
  { method: "DELETE", path: "/sandboxes/working?force=true" },
];

test.if(privileged)("a full disk has every change refused in a sentence, and nothing half made", async () => {
  await using host = await createHost({ label: "full", uplink: true });
  for (const family of ["iptables", "ip6tables"]) {
    await runOrThrow(host, `sysctl -q net.bridge.bridge-nf-call-${family}=0`);
  }
  await using daemon = await startDaemon(host);
  await daemon.stop();
  await using _disk = await giveSmallDisk(daemon);
  await daemon.start();
  const rules = await countRules(daemon);
  await request(daemon, "POST", "/networks", { name: "idle" });
  await request(daemon, "POST", "/networks", { name: "spare" });
  await request(daemon, "POST", "/networks", { name: "busy" });
  for (const [name, rest] of Object.entries({ plain: {}, working: { process: program } })) {
    const networks = [{ network: "busy" }];
    await request(daemon, "POST", "/sandboxes", { name, networks, ports: [{ sandboxPorts: "80" }], ...rest });
  }
  await daemon.stop(); // the journal is written back: what comes next needs room
  await daemon.start();
  const before = await list(daemon);
  {
    using _filler = fill(daemon);
    for (const { method, path, body } of changes) {
      const what = `${method} ${path}`;
      const refused = await request(daemon, method, path, body).catch((error: unknown) => error);
      if (!(refused instanceof Refused)) throw new Error(`${what} was not refused: ${JSON.stringify(refused)}`);
      expect({ what, kind: refused.kind }).toEqual({ what, kind: "storage" });
      expect(refused.message).toMatch(
        /^Cannot [^\n]*the disk of [^\n]*weft\.db is full, free some space and try again$/,
      );
      expect(await list(daemon), what).toEqual(before);
      for (const { name, wanted, found } of await invariants(daemon, before, { rules })) {
        expect(found, `after ${what}: ${name}`).toEqual(wanted);
      }
    }
  }
  for (const { method, path, body } of changes) await request(daemon, method, path, body);
  const after = await list(daemon);
  expect(after.sandboxes.map(({ name }) => name)).toEqual(["late"]);
  for (const { name, wanted, found } of await invariants(daemon, after, { rules })) expect(found, name).toEqual(wanted);
});

test.if(privileged)("a full run directory has a sandbox refused in a sentence, and nothing of it is left", async () => {
  await using host = await createHost({ label: "full-run", uplink: true });
  await using daemon = await startDaemon(host);
  await request(daemon, "POST", "/networks", { name: "net" });
  await request(daemon, "POST", "/sandboxes", { name: "first", networks: [{ network: "net" }] });
  const before = await list(daemon);
  const folder = `${daemon.runDirectory}/sandboxes`;
  await runOrThrow(here, `mount -t tmpfs -o size=4k,mode=0711 tmpfs ${folder}`);
  try {
    await Bun.write(`${folder}/filler`, "x".repeat(4096));
    const body = { name: "second", networks: [{ network: "net" }], ports: [{ sandboxPorts: "80" }] };
    const refused = await request(daemon, "POST", "/sandboxes", body).catch((error: unknown) => error);
    if (!(refused instanceof Refused)) throw new Error(`It was not refused: ${JSON.stringify(refused)}`);
    expect(refused.kind).toBe("storage");
    expect(refused.message).toMatch(
      /^Cannot write the files of a sandbox in [^\n]*: ENOSPC, want a disk that takes them$/,
    );
    expect(await list(daemon)).toEqual(before);
  } finally {
    await runOrThrow(here, `umount --lazy ${folder}`);
  }
  await request(daemon, "POST", "/sandboxes", { name: "second", networks: [{ network: "net" }] });
});
