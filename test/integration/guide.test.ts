import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost, privileged, run, startDaemon, weftCommand } from "../support/mod.ts";

/** The fenced `sh` blocks of docs/guide.md, in order. */
async function guideBlocks(): Promise<readonly string[]> {
  const text = await Bun.file(join(import.meta.dir, "../../docs/guide.md")).text();
  return Array.from(text.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block);
}

test.if(privileged)("every block of the guide does what it says", async () => {
  await using host = await createHost({ label: "guide", uplink: true });
  await using daemon = await startDaemon(host);
  const directory = await mkdtemp(join(tmpdir(), "weft-guide-"));
  await using _directory = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const bin = join(directory, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "weft"), `#!/bin/sh\nexec ${weftCommand().join(" ")} "$@"\n`, { mode: 0o755 });
  const environment = {
    PATH: `${bin}:${process.env["PATH"]}`,
    WEFT_SOCKET: daemon.socket,
    WEFT_STATE: daemon.stateDirectory,
    WEFT_RUN: daemon.runDirectory,
  };

  const blocks = await guideBlocks();
  expect(blocks.length).toBeGreaterThan(5);
  // A slip in the middle of a block must not pass: bash ends at the first command that fails. `! cmd` is exempt from that by
  // POSIX, so what must fail is followed by its own check.
  const strict = (block: string): string => block.replace(/^! (.*)$/gm, "if $1; then exit 99; fi");
  // Names of namespaces are the whole machine's, and may be taken there.
  const own = (block: string): string =>
    block.replace(/(?<![-\w])(blue|red|green|switch)(?![-\w])/g, `$1-${process.pid}`);
  for (const block of blocks) {
    const script = `cd ${directory}\nset -euo pipefail\n${own(strict(block))}`;
    const { exitCode, stdout, stderr } = await run(host, ["bash", "-c", script], { environment });
    expect({ exitCode, ...(exitCode !== 0 && { block, stdout, stderr }) }).toEqual({ exitCode: 0 });
  }
  expect((await run(host, ["weft", "ps", "--all", "--quiet"], { environment })).stdout).toBe("");
});
