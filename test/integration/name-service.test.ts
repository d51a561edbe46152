import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { NameService } from "../../src/engine/name-service.ts";
import { Warnings } from "../../src/engine/warnings.ts";
import { createHost, privileged, run, waitFor } from "../support/mod.ts";

/**
 * The thread dies of a request that it cannot read, as it would of a defect of ours: nothing else can end one thread of a
 * process from outside.
 */
async function killThread(service: NameService): Promise<void> {
  await service.apply(undefined as never).catch(() => undefined);
}

test.if(privileged)("when the name server's thread dies, another serves the same names", async () => {
  await using host = await createHost({ label: "names" });
  const log: string[] = [];
  const warnings = new Warnings();
  await using service = await NameService.start({
    everything: () => [
      {
        ...{ kind: "put-endpoint", id: "e1", network: { id: "n1", name: "front" } },
        ...{ names: ["web"], addresses: ["10.0.0.2"] },
      },
      {
        ...{ kind: "put-sandbox", id: "s1", netnsPath: host.netnsPath, networks: ["n1"], forwarders: [] },
        forward: false,
      },
    ],
    log: (_level, message) => log.push(message),
    warnings,
  });
  const answer = async (): Promise<string> =>
    (await run(host, "dig +short +tries=1 +time=1 @127.0.0.11 web A")).stdout.trim();

  await killThread(service);
  const firstMs = performance.now();
  await waitFor(async () => (await answer()) === "10.0.0.2", { what: "an answer of the new thread" });
  console.error(`answered again after ${(performance.now() - firstMs).toFixed(0)} ms`);
  expect(await run(host, "dig +short +tcp @127.0.0.11 web A")).toMatchObject({ stdout: "10.0.0.2\n" });
  expect(log.filter((line) => line.includes("a new thread is started"))).toHaveLength(1);
  expect(warnings.list()).toEqual([expect.stringContaining("Cannot go on serving names")]);
  const open = readdirSync("/proc/self/fd").length;

  // The second death comes soon after the first: the next thread waits a second, and changes meanwhile are refused, not held up.
  await killThread(service);
  await expect(service.apply([])).rejects.toThrow("Cannot go on serving names");
  await waitFor(async () => (await answer()) === "10.0.0.2", { what: "an answer of the third thread" });
  expect(await service.apply([])).toEqual([]);
  await waitFor(() => readdirSync("/proc/self/fd").length <= open, { what: "no more descriptors than before" });
});
