import { expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchHostResolver } from "./watch-host-resolver.ts";

test("a file written in place, replaced, gone and back, and behind a link", async () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-resolver-"));
  const [path, link] = [join(directory, "resolv.conf"), join(directory, "link.conf")];
  symlinkSync(path, link);
  const seen: string[] = [];
  let arrived = Promise.withResolvers<void>();
  using _watch = watchHostResolver(
    ({ servers }) => {
      seen.push(servers.map(({ address }) => address).join(" "));
      arrived.resolve();
    },
    [join(directory, "missing"), link],
  );
  const steps: readonly (() => void)[] = [
    () => writeFileSync(path, "nameserver 192.0.2.1\n"),
    () => writeFileSync(path, "nameserver 192.0.2.2\n"),
    () => {
      writeFileSync(`${path}.new`, "nameserver 192.0.2.3\n");
      renameSync(`${path}.new`, path);
    },
    () => writeFileSync(path, "nameserver 192.0.2.4\n"),
    () => rmSync(path),
  ];
  for (const step of steps) {
    arrived = Promise.withResolvers<void>();
    step();
    await arrived.promise;
  }
  expect(seen).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", ""]);
  rmSync(directory, { recursive: true });
}, 10_000);
