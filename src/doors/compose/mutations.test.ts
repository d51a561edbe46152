import { expect, test } from "bun:test";
import { readFixture } from "./compose-fixture.ts";
import { ComposeError } from "./mod.ts";

const BASE = `name: shop
x-env: &env {A: "1", B: $HOME}
services:
  web:
    command: serve --port "80"
    environment: {<<: *env, C: "\${X:-y}"}
    networks:
      front: {aliases: [www], ipv4_address: 10.0.0.9, gw_priority: 1}
    ports: ["80:80", "127.0.0.1:81-82:81-82/udp", {target: 9, published: "90"}]
    depends_on: {db: {condition: service_healthy}}
    extra_hosts: ["a=10.0.0.1", "b:[::1]"]
  db:
    command: [run, it]
    networks: [front, back]
    healthcheck: {test: [CMD, "true"], interval: 1m30s}
    links: ["web2:w"]
    profiles: [p]
  web2: {command: x, extends: {service: db}, links: !reset [], network_mode: !reset none}
networks:
  front: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}]}}
  back: {internal: true, labels: [a=b]}
`;

test("the text as it is has a reading", () => {
  expect(readFixture({ texts: [BASE], profiles: ["p"] }).services.map(({ name }) => name)).toEqual([
    "web2",
    "db",
    "web",
  ]);
});

test("a damaged file gives a project or one sentence with a place", () => {
  let state = 3;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const pieces = [
    "\n",
    " ",
    "  ",
    ":",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "!reset ",
    "!override ",
    "$",
    "'",
    '"',
    "#",
    "null",
    "0",
    "é",
    "\0",
    "\t",
    "<<: ",
  ];
  const damage = (text: string): string => {
    const at = next(text.length);
    const other = next(text.length);
    switch (next(4)) {
      case 0:
        return text.slice(0, at) + text.slice(at + 1 + next(12));
      case 1:
        return text.slice(0, at) + pieces[next(pieces.length)] + text.slice(at);
      case 2:
        return text.slice(0, at) + text.slice(other, other + next(30)) + text.slice(at);
      default: {
        const lines = text.split("\n");
        lines.splice(next(lines.length), 1);
        return lines.join("\n");
      }
    }
  };
  let read = 0;
  for (let round = 0; round < 1500; round++) {
    let text = BASE;
    for (let count = 1 + next(2); count > 0; count--) text = damage(text);
    try {
      readFixture({ texts: round % 2 === 0 ? [text] : [BASE, text], profiles: ["p"] });
      read++;
    } catch (error) {
      if (!(error instanceof ComposeError)) throw new Error(`Wrong kind of error for:\n${text}`, { cause: error });
      expect(error.message).toMatch(/^Cannot read (compose|over-1)\.yaml:\d+:\d+: [^\n]+$/);
    }
  }
  expect(read).toBeGreaterThan(150);
});
