import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { keepAttachments, openAttachments } from "./open-attachments.ts";

test("who keeps attachments does other things while another process has the lock", async () => {
  using stack = new DisposableStack();
  const directory = mkdtempSync(`${tmpdir()}/weft-attachments-`);
  stack.defer(() => rmSync(directory, { recursive: true }));
  openAttachments(directory)[Symbol.dispose](); // makes the file
  const holder = Bun.spawn(["flock", `${directory}/cni/lock`, "sh", "-c", "echo held; exec timeout 2 cat"], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "ignore" },
  });
  stack.defer(() => holder.kill("SIGKILL"));
  for await (const _ of holder.stdout) break;

  const kept = stack.use(keepAttachments(directory));
  const opened = kept.open();
  expect(await Promise.race([opened.then(() => "opened"), Bun.sleep(20).then(() => "other things")])).toBe(
    "other things",
  );
  holder.stdin.end();
  using attachments = await opened;
  expect(attachments.store.isNew).toBe(false);
});
