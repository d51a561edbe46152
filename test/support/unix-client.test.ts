import { expect, test } from "bun:test";
import { parseAnswer } from "./unix-client.ts";

const cases = [
  { name: "a body of a length", text: "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", status: 201, body: "{}" },
  { name: "no body", text: "HTTP/1.1 204 No Content\r\nServer: Docker\r\n\r\n", status: 204, body: "" },
  {
    name: "a body in chunks",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\nA\r\n2345678901\r\n1\r\n]\r\n0\r\n\r\n",
    status: 200,
    body: "[1,2345678901]",
  },
];

test.each(cases)("an answer with $name is read when all of it is there, and not before", ({ text, status, body }) => {
  const bytes = Buffer.from(text);
  const headBytes = text.indexOf("\r\n\r\n") + 4;
  for (let length = 0; length < bytes.length; length++) {
    if (length >= headBytes && body === "") continue;
    expect(parseAnswer(bytes.subarray(0, length))).toBeUndefined();
  }
  expect(parseAnswer(bytes)).toEqual({ status, body });
});
