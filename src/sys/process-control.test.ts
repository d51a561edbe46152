import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpenFlag, openFile, peerCredentials, tryLock } from "./mod.ts";

test("a lock has one holder until its descriptor is closed", () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-a-"));
  const path = join(directory, "lock");
  using second = openFile(path, OpenFlag.readWrite | OpenFlag.create);
  {
    using first = openFile(path, OpenFlag.readWrite);
    expect(tryLock(first)).toBe(true);
    expect(tryLock(second)).toBe(false);
  }
  expect(tryLock(second)).toBe(true);
  rmSync(directory, { recursive: true });
});

test("a unix socket knows who connected", async () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-a-"));
  const path = join(directory, "socket");
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer((socket) => {
    const handle: unknown = Reflect.get(socket, "_handle");
    resolve(Number(Reflect.get(Object(handle), "fd")));
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  const client = await Bun.connect({ unix: path, socket: { data() {} } });
  expect(peerCredentials(await promise)).toMatchObject({ pid: process.pid, uid: process.getuid?.() ?? 0 });
  client.end();
  server.close();
  rmSync(directory, { recursive: true });
});
