import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { frameMessage, MessageStream } from "./message-stream.ts";

test("messages come whole, however the stream is cut", () => {
  const bytes = hex("0002 aabb 0000 0003 010203");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const stream = new MessageStream(100);
    const messages = [...(stream.push(bytes.subarray(0, cut)) ?? []), ...(stream.push(bytes.subarray(cut)) ?? [])];
    expect(messages).toEqual([hex("aabb"), hex(""), hex("010203")]);
    expect(stream.empty).toBe(true);
  }
});

test("a message that is too long ends the stream", () => {
  expect(new MessageStream(100).push(hex("0065 00"))).toBeUndefined();
});

test("a frame has its length in front", () => {
  expect(frameMessage(hex("010203"))).toEqual(hex("0003 010203"));
});
