import { expect, test } from "bun:test";
import { join } from "node:path";
import { privileged, runOrThrow } from "../support/mod.ts";

const root = join(import.meta.dir, "../..");
const own = { netnsPath: "/proc/self/ns/net" };

test.if(privileged)(
  "the demo ends well, within its minute, and leaves nothing",
  async () => {
    const text = await runOrThrow(own, [process.execPath, join(root, "tools/demo.ts")], { timeoutMs: 60_000 });
    expect(text).toMatch(/^✔ (\d+) of \1 lines as examples\/three-tier\/expectations.yaml has them$/m);
    expect(text).toContain("✔ nothing is left: no link, no table, no mount, no process, no state");
    expect(text).toMatch(/✔ api +tcp:\/\/db:5432 +name +reached/);
    expect(text).toMatch(/✔ webapp +tcp:\/\/db:5432 +name +refused/);
    expect(text).not.toContain("✘");
    // By the name of its directory, as seen by others than the demo itself.
    expect(await Bun.file("/proc/self/mounts").text()).not.toContain("weft-demo-");
    expect(await runOrThrow(own, ["sh", "-c", "ps -eo args | grep '[w]eft-demo-' || true"])).toBe("");
  },
  90_000,
);
