import { expect, test } from "bun:test";
import { takeBack } from "./take-back.ts";

test("what cannot be taken back is logged, and hides no other error", async () => {
  const log: string[] = [];
  const context = { log: (level: string, message: string) => void log.push(`${level}: ${message}`) };
  await takeBack(context, "sandbox web", async () => {});
  expect(log).toEqual([]);
  await takeBack(context, "sandbox web", () => Promise.reject(new Error("Cannot delete link wv1: EBUSY")));
  expect(log).toEqual(["error: Cannot take back sandbox web: Cannot delete link wv1: EBUSY"]);
});
