import { expect, test } from "bun:test";
import type { Reply } from "../codec/mod.ts";
import { ReplyCache } from "./reply-cache.ts";

function reply(ttlSeconds: number, lengthBytes = 50): Reply {
  const bytes = new Uint8Array(lengthBytes);
  const counts = { answerCount: 0, authorityCount: 0, ttlOffsets: [] };
  return { bytes, code: 0, truncated: false, questionEnd: 20, ttlSeconds, ...counts };
}

test("a reply is there until its TTL ends, and tells its age", () => {
  const cache = new ReplyCache();
  cache.put("a", reply(10), 1000);
  expect(cache.get("a", 5_999)?.ageSeconds).toBe(4);
  expect(cache.get("a", 11_000)).toBeUndefined();
  expect(cache.size).toBe(0);
});

test("a TTL of 0 is not kept, and replaces what was", () => {
  const cache = new ReplyCache();
  cache.put("a", reply(10), 0);
  cache.put("a", reply(0), 0);
  expect(cache.get("a", 0)).toBeUndefined();
});

test("the least recently used goes when there are too many", () => {
  const cache = new ReplyCache({ maxEntries: 2 });
  cache.put("a", reply(10), 0);
  cache.put("b", reply(10), 0);
  cache.get("a", 0);
  cache.put("c", reply(10), 0);
  expect(["a", "b", "c"].map((key) => cache.get(key, 0) !== undefined)).toEqual([true, false, true]);
});

test("bytes are bounded, and one reply may not take all of them", () => {
  const cache = new ReplyCache({ maxBytes: 64_000 });
  cache.put("huge", reply(10, 60_000), 0);
  expect(cache.size).toBe(0);
  for (let i = 0; i < 100; i++) cache.put(`${i}`, reply(10, 1700), 0);
  expect(cache.size).toBeGreaterThan(25);
  expect(cache.size).toBeLessThan(33);
});
