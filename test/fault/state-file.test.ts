import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createHost,
  type Host,
  type Place,
  privileged,
  request,
  run,
  startDaemon,
  weftCommand,
} from "../support/mod.ts";

function freshDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "weft-state-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts a daemon that must not start. @returns What it says on stderr, apart from its log. */
async function startInVain(place: Place, directory: string, state = join(directory, "state")): Promise<string> {
  const places = ["--socket", join(directory, "weft.sock"), "--state", state, "--run", join(directory, "run")];
  const { exitCode, stdout, stderr } = await run(place, [...weftCommand(), "daemon", ...places], { timeoutMs: 10_000 });
  expect(exitCode, stderr).toBeGreaterThan(0);
  expect(exitCode, "it was killed, since it started").toBeLessThan(128);
  expect(stdout).toBe("");
  return stderr.trimEnd();
}

interface Damage {
  readonly name: string;
  readonly does: (path: string) => Promise<unknown> | unknown;
  readonly says: RegExp;
}

function change(sql: string): (path: string) => void {
  return (path) => {
    using database = new Database(path);
    database.run(sql);
  };
}

const damages: readonly Damage[] = [
  {
    name: "text",
    does: (path) => Bun.write(path, "not a database, however long it may be ".repeat(50)),
    says: /is damaged/,
  },
  {
    name: "another program's database",
    does: change("CREATE TABLE cats (name TEXT)"),
    says: /is another program's database/,
  },
  {
    name: "a newer schema",
    does: change("PRAGMA application_id = 0x57656674; PRAGMA user_version = 99; CREATE TABLE future (x TEXT)"),
    says: /was written by a newer Weft \(schema 99, this one knows \d+\), start that version$/,
  },
];

describe.if(privileged)("a state that cannot be used", () => {
  test.each(damages)("is told of in one sentence: $name", async ({ does, says }) => {
    await using host: Host = await createHost({ label: "state" });
    using directory = freshDirectory();
    await run(host, `mkdir ${directory.path}/state`);
    await does(`${directory.path}/state/weft.db`);
    const said = await startInVain(host, directory.path);
    expect(said.split("\n")).toHaveLength(1);
    expect(said).toMatch(/Cannot open the state: /);
    expect(said).toContain(`${directory.path}/state/weft.db`);
    expect(said).toMatch(says);
  });

  test("is told of in one sentence: a damaged row, a torn page", async () => {
    await using host = await createHost({ label: "rows" });
    await using daemon = await startDaemon(host);
    for (let index = 0; index < 20; index++) {
      await request(daemon, "POST", "/networks", { name: `n${index}`, labels: { filler: "x".repeat(2000) } });
    }
    await daemon.stop();
    const path = `${daemon.stateDirectory}/weft.db`;
    const whole = await Bun.file(path).bytes();
    change("UPDATE networks SET document = replace(document, '\"created\"', '\"create\"') WHERE name = 'n7'")(path);
    using directory = freshDirectory();
    const first = await startInVain(host, directory.path, daemon.stateDirectory);
    expect(first.split("\n")).toHaveLength(1);
    expect(first).toMatch(
      /Cannot read network [0-9a-f]{64}: .*weft\.db is damaged \(created: want text, it is missing\)/,
    );
    await Bun.write(
      path,
      whole.map((byte, index) => (index > 8192 && index % 4096 < 64 ? 0xff : byte)),
    );
    const second = await startInVain(host, directory.path, daemon.stateDirectory);
    expect(second, second).toMatch(/^[^\n]*$/);
    expect(second).toMatch(/weft\.db is damaged/);
    // Put back as it was, it is used again.
    await Bun.write(path, whole);
    await daemon.start();
    expect(JSON.stringify(await request(daemon, "GET", "/networks"))).toContain('"n19"');
  });

  test("a second daemon on the same state names the first", async () => {
    await using host = await createHost({ label: "second" });
    await using daemon = await startDaemon(host);
    await request(daemon, "POST", "/networks", { name: "first" });
    using directory = freshDirectory();
    const said = await startInVain(host, directory.path, daemon.stateDirectory);
    expect(said.split("\n")).toHaveLength(1);
    expect(said).toContain(`another daemon uses it (pid ${daemon.pid})`);
    expect(JSON.stringify(await request(daemon, "GET", "/networks"))).toContain('"first"');
  });
});
